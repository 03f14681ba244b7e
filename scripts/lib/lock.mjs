import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A holder touches its lock this often, in milliseconds. */
const heartbeatMs = 1000;
/** A lock not touched for this long belongs to a process that died. */
const staleMs = 8000;
const pollMs = 150;

/**
 * Does `work` while no other process does work under the same lock file; waits as long as the holder lives. Liveness is the file's
 * modification time, which a holder renews, so neither a crash nor a reused pid blocks for more than a few seconds.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {{ onWait?: (pid: string) => void }} [options] called once if it has to wait
 * @returns {Promise<T>}
 */
export async function withLock(file, work, { onWait } = {}) {
  await mkdir(dirname(file), { recursive: true });
  const token = `${process.pid} ${randomUUID()}`;
  let waited = false;
  while (!(await tryCreate(file, token))) {
    const holder = await readHolder(file);
    if (!holder) continue;
    if (Date.now() - holder.touchedAt > staleMs) {
      await removeStale(file, holder.token);
      continue;
    }
    // The lock file exists a moment before it has content.
    if (!waited && holder.token !== '') {
      onWait?.(holder.token.split(' ')[0]);
      waited = true;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A failed renewal only makes the lock look older; the work itself must not fail for it.
    utimes(file, now, now).catch(() => undefined);
  }, heartbeatMs);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    const holder = await readHolder(file);
    if (holder?.token === token) await rm(file, { force: true });
  }
}

async function tryCreate(file, token) {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(token);
    await handle.close();
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** @returns {Promise<{ token: string, touchedAt: number } | null>} null when the file is gone */
async function readHolder(file) {
  try {
    const [token, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    return { token, touchedAt: mtimeMs };
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Moves the stale lock aside first: of several processes that see it, one wins. A process that moved a fresh lock by mistake puts it back.
 */
async function removeStale(file, token) {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) === token) await rm(aside, { force: true });
  else await rename(aside, file);
}
