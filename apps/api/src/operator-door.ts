import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { AppError } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import { z } from 'zod';
import { operatorTask } from './operator-task.js';

/**
 * How the operator's command reaches an embedded server while it runs: the server has the data directory's lock, so nobody else may open
 * the database. It listens on a port of the loopback address and leaves the port and a token in a file that only its own user can read.
 * Whoever can read that file could read the database.
 *
 * The command sends one line of JSON, the token and its arguments, and gets one line back.
 */
const fileName = 'admin-door.json';
const doorSchema = z.object({ port: z.int().positive(), token: z.string().min(20) });
const questionSchema = z.object({ token: z.string(), args: z.array(z.string().max(200)).max(5) });
const answerSchema = z.union([z.object({ line: z.string() }), z.object({ refused: z.string() })]);

const maxQuestionBytes = 4_096;
/** How long a question may take to arrive, and an answer to be made, in milliseconds. */
const patienceMs = 30_000;

/** Opens the door. @returns what closes it and takes its file away */
export async function openOperatorDoor(dataDir: string, deps: CoreDeps): Promise<() => Promise<void>> {
  const token = randomBytes(32).toString('base64url');
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(patienceMs, () => socket.destroy());
    void readLine(socket).then(async (line) => {
      const question = questionSchema.safeParse(asJson(line));
      if (!question.success || !isSame(question.data.token, token)) return socket.destroy();
      return socket.end(`${JSON.stringify(await answer(deps, question.data.args))}\n`);
    });
  });
  server.maxConnections = 10;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const file = join(dataDir, fileName);
  // A file under its own name is whole: a command that reads it finds all of it or none.
  await writeFile(`${file}.new`, JSON.stringify({ port: (server.address() as AddressInfo).port, token }), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return async () => {
    await rm(file, { force: true });
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  };
}

async function answer(deps: CoreDeps, args: readonly string[]): Promise<z.infer<typeof answerSchema>> {
  const task = operatorTask(args);
  if (!task) return { refused: 'The running server does not know this command: it may be another version.' };
  try {
    return { line: await task(deps) };
  } catch (error) {
    if (AppError.is(error)) return { refused: error.message };
    deps.log.error({ err: error }, 'a command of the operator failed');
    return { refused: 'The server could not do this; its log says why.' };
  }
}

/**
 * Has the server that runs on this data directory do a task of the operator.
 *
 * @returns the line to print; null if no server answers there
 * @throws AppError with what the server says if it refuses
 */
export async function askRunningServer(dataDir: string, args: readonly string[]): Promise<string | null> {
  const door = doorSchema.safeParse(asJson(await readFile(join(dataDir, fileName), 'utf8').catch(() => '')));
  if (!door.success) return null;
  const { port, token } = door.data;
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => socket.destroy());
  socket.setTimeout(patienceMs, () => socket.destroy());
  socket.write(`${JSON.stringify({ token, args })}\n`);
  const said = answerSchema.safeParse(asJson(await readLine(socket)));
  socket.destroy();
  if (!said.success) return null;
  if ('refused' in said.data) throw new AppError('VALIDATION', said.data.refused);
  return said.data.line;
}

/** The first line that comes; an empty one if the other side ends, or says too much, before there is one. */
function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
      else if (text.length > maxQuestionBytes) socket.destroy();
    });
    socket.on('close', () => resolve(''));
  });
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
