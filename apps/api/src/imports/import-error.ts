import { AppError } from '@parley/contracts';

/** An import that was not begun, or not to its end. The message is a sentence for the operator, and says what to do. */
export function importError(message: string, cause?: unknown): AppError {
  return new AppError('VALIDATION', message, { cause });
}
