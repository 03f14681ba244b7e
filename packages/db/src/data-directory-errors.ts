/** Another process, or another handle of this one, has the data directory open. */
export class DataDirectoryInUseError extends Error {
  override readonly name = 'DataDirectoryInUseError';
  readonly directory: string;

  constructor(directory: string) {
    super(`The data directory ${directory} is in use by another running Parley; stop that one or set DATA_DIR to another directory.`);
    this.directory = directory;
  }
}

/** The data directory has no database, and whoever opens it wants one that is there. */
export class DataDirectoryEmptyError extends Error {
  override readonly name = 'DataDirectoryEmptyError';
  readonly directory: string;

  constructor(directory: string) {
    super(`There is no database in ${directory}. Set DATA_DIR to the data directory of your server; “npm start” makes one.`);
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
