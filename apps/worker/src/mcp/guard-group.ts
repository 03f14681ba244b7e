import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Ends a group of processes by force once this process is gone, however it went: no listener of ours runs where a process is killed by
 * signal 9. A shell in a session of its own reads from a pipe of which only this process has the other end. Without a shell there is no guard.
 *
 * @param group its number
 * @returns the guard; a line of input lets it go
 */
export function guardGroup(group: number): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', 'read -r _ || kill -9 "-$1"', 'parley-guard', String(group)], {
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => {});
  guard.stdin!.on('error', () => {});
  return guard;
}

/** Lets a guard go: the group has ended. */
export function dismissGuard(guard: ChildProcess): void {
  guard.stdin!.end('\n');
}
