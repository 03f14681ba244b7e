/** Another process, or another handle of this one, has the data directory open. */
export class DataDirectoryInUseError extends Error {
  override readonly name = 'DataDirectoryInUseError';
  readonly directory: string;

  constructor(directory: string) {
    super(`The data directory ${directory} is in use by another running Parley; stop that one or set DATA_DIR to another directory.`);
    this.directory = directory;
  }
}

/** The data directory cannot be made, written or locked; the cause is the system's error. */
export class DataDirectoryNotWritableError extends Error {
  override readonly name = 'DataDirectoryNotWritableError';
  readonly directory: string;

  constructor(directory: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    super(`The data directory ${directory} cannot be written${code}; make it writable or set DATA_DIR to another directory.`, { cause });
    this.directory = directory;
  }
}
