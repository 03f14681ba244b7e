import { createServer } from 'node:net';

/**
 * Finds out whether the address that a process is to serve is free, before anything slow or lasting is done, such as migrating a database.
 *
 * @throws the system's error, as `EADDRINUSE`
 */
export async function refuseTakenPort({ HOST: host, PORT: port }: { HOST: string; PORT: number }): Promise<void> {
  // The system chooses a free one.
  if (port === 0) return;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}
