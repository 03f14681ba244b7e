import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withLock } from './lock.mjs';

let file;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'parley-lock-')), 'folder', 'a.lock');
});
afterEach(() => rmSync(dirname(dirname(file)), { recursive: true, force: true }));

test('one at a time, the others wait and say so', async () => {
  let inside = 0;
  let most = 0;
  const waits = [];
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    // Whoever holds the lock first holds it until both others have said that they wait.
    await vi.waitFor(() => expect(waits).toHaveLength(2));
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(file, work, { onWait: (pid) => waits.push(pid) })));
  expect(most).toBe(1);
  expect(waits).toEqual([String(process.pid), String(process.pid)]);
  expect(existsSync(file)).toBe(false);
});

test('who meets a lock that does not say yet whose it is waits, and names its holder once it does', async () => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  const waits = [];
  const waiting = withLock(file, async () => waits.length, { onWait: (pid) => waits.push(pid) });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(waits).toEqual([]);
  writeFileSync(file, '12345 of somebody');
  await vi.waitFor(() => expect(waits).toEqual(['12345']));
  rmSync(file);
  expect(await waiting).toBe(1);
});

test('is given back when the work fails', async () => {
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(file, async () => 'mine')).toBe('mine');
});

test('the lock of a process that died is taken over, also if its pid lives again', async () => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${process.pid} from before`);
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(file, longAgo, longAgo);
  expect(await withLock(file, async () => 'mine')).toBe('mine');
});
