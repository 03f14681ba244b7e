import { mkdirSync } from 'node:fs';
import { startChild, waitUntilReady } from './child.mjs';
import { answers } from './tcp.mjs';

/**
 * Starts Redis, in memory alone: what Parley keeps there lives for seconds.
 *
 * @param {{ binary: string, directory: string, port: number }} options
 * @returns {Promise<{ url: string, child: import('./child.mjs').Child }>}
 */
export async function startRedis({ binary, directory, port }) {
  mkdirSync(directory, { recursive: true });
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', directory];
  const child = startChild('Redis', binary, args, { cwd: directory });
  await waitUntilReady(child, () => answers(port, 'PING\r\n', '+PONG'));
  return { url: `redis://127.0.0.1:${port}`, child };
}
