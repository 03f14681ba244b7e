/** The part of the package that is used here; the package has no types of its own. */
declare module 'fs-native-extensions' {
  /** Takes an exclusive advisory lock on the open file; false if another descriptor holds one. */
  export function tryLock(fd: number): boolean;
  export function unlock(fd: number): void;
}
