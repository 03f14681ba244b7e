/** A backup, restore or move that was not done, or not to its end. The message is a sentence for the operator, and says what to do. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}
