import { mkdirSync } from 'node:fs';
import { startChild, waitUntilReady } from './child.mjs';
import { answers } from './tcp.mjs';

/**
 * Starts NATS with JetStream.
 *
 * @param {{ binary: string, directory: string, port: number }} options `directory` holds the streams
 * @returns {Promise<{ url: string, child: import('./child.mjs').Child }>}
 */
export async function startNats({ binary, directory, port }) {
  mkdirSync(directory, { recursive: true });
  const child = startChild('NATS', binary, ['-js', '-a', '127.0.0.1', '-p', String(port), '-sd', directory], { cwd: directory });
  await waitUntilReady(child, () => answers(port, '', 'INFO '));
  return { url: `nats://127.0.0.1:${port}`, child };
}
