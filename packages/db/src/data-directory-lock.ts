import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tryLock, unlock } from 'fs-native-extensions';
import { DataDirectoryInUseError, DataDirectoryNotWritableError } from './data-directory-errors.js';

/** A held lock. */
export interface DataDirectoryLock {
  /** Gives the lock up; a second call does nothing. */
  release(): void;
}

/**
 * Makes the directory if need be and takes the operating system's lock on a file in it, without waiting.
 *
 * The kernel releases the lock when the process ends, however it ends, so there is no stale lock and no pid to be reused. The content of
 * the file means nothing. The file is never deleted: deleting it would let two processes lock two files of one name.
 *
 * @throws DataDirectoryInUseError when another process, or this one, holds the lock
 * @throws DataDirectoryNotWritableError when the directory cannot be made or written
 */
export function lockDataDirectory(directory: string): DataDirectoryLock {
  let fd: number;
  try {
    makeDirectory(directory);
    accessSync(directory, constants.W_OK | constants.X_OK);
    // Use a bare descriptor, because the garbage collector may close a FileHandle. Node opens it close-on-exec, so children do not keep
    // the lock.
    fd = openSync(join(directory, 'parley.lock'), 'a+', 0o600);
  } catch (cause) {
    throw new DataDirectoryNotWritableError(directory, cause);
  }
  try {
    if (!tryLock(fd)) throw new DataDirectoryInUseError(directory);
  } catch (error) {
    closeSync(fd);
    throw error instanceof DataDirectoryInUseError ? error : new DataDirectoryNotWritableError(directory, error);
  }
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      unlock(fd);
      closeSync(fd);
    },
  };
}

/** Does not use `mkdir` with `recursive`, which tries for ever where a file system answers ENOENT to every attempt, as /proc does. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
