import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { AppError } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import { z } from 'zod';
import { importOptionsSchema, runImport, type ImportOptions } from './imports/run-import.js';
import { operatorTask } from './operator-task.js';

/**
 * How the operator's command reaches an embedded server while it runs: the server has the data directory's lock, so nobody else may open
 * the database. It listens on a port of the loopback address and leaves the port and a secret in a file that only its own user can read.
 * Whoever can read that file could read the database.
 *
 * A server that was killed leaves its file behind, and anyone of this machine may listen on that port next. So the two prove to each
 * other that they have the secret, and never send it. Each line is JSON, in this order:
 *
 * - the command: a nonce
 * - the server: a nonce of its own and its proof, by which the command knows that it may tell what it wants
 * - the command: its arguments, as text, and its proof of them
 * - the server: its answer, as text, and its proof of that
 *
 * Who asks to copy the database goes on so: that its files are copied, and the server, with what the copy is completed by. Who asks for an
 * import says of what, and then asks for more until the server says that it is done.
 *
 * A proof is an HMAC of both nonces, of what the line is, and of its text, so that none is good for another line or another connection.
 */
const fileName = 'admin-door.json';
const doorSchema = z.object({ port: z.int().positive(), secret: z.string().min(20) });
const nonceSchema = z.string().min(20).max(100);
const greetingSchema = z.object({ nonce: nonceSchema });
const welcomeSchema = z.object({ nonce: nonceSchema, proof: z.string() });
const provenSchema = z.object({ text: z.string(), proof: z.string() });
const argsSchema = z.array(z.string().max(200)).max(5);
const answerSchema = z.union([z.object({ line: z.string() }), z.object({ refused: z.string() })]);
type Answer = z.infer<typeof answerSchema>;

const maxLineBytes = 16_384;
/** How long the other side may take for its next line, in milliseconds. */
const patienceMs = 30_000;

/** What the command for a backup asks, in the place of what `npm run admin` was given. */
const copyQuestion = 'copy';
/** What it says when it has copied the files. */
const copiedQuestion = 'copied';
/** What the command for an import asks, and what it says to hear how far it is. */
const importQuestion = 'import';
const moreQuestion = 'more';
const importAnswerSchema = z.object({ progress: z.string() }).or(z.object({ done: z.string() }));

/** The part of an embedded database that the door uses. */
export interface CopiedDatabase {
  beginCopy(): Promise<() => Promise<string>>;
}

/**
 * Opens the door.
 *
 * @param database may be copied by whoever asks, into `copies` of the data directory. A copy is there as long as they are connected
 * @returns what closes it and takes its file away
 */
export async function openOperatorDoor(dataDir: string, deps: CoreDeps, database: CopiedDatabase): Promise<() => Promise<void>> {
  const secret = newSecret();
  const copies = join(resolve(dataDir), 'copies');
  // Those that a server left which was killed.
  await rm(copies, { recursive: true, force: true });
  const door: Served = { deps, database, copies, importing: false, closed: new AbortController() };
  const serving = new Set<Promise<void>>();
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    const served = serve(door, new Lines(socket), secret).finally(() => socket.destroySoon());
    serving.add(served);
    void served.finally(() => serving.delete(served));
  });
  server.maxConnections = 10;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const file = join(dataDir, fileName);
  // A file under its own name is whole: a command that reads it finds all of it or none.
  await writeFile(`${file}.new`, JSON.stringify({ port: (server.address() as AddressInfo).port, secret }), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return async () => {
    await rm(file, { force: true });
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    door.closed.abort();
    for (const socket of open) socket.destroy();
    await closed;
    await Promise.all(serving);
    await rm(copies, { recursive: true, force: true });
  };
}

interface Served {
  deps: CoreDeps;
  database: CopiedDatabase;
  /** The folder for copies. */
  copies: string;
  /** Whether an import is under way: one at a time. */
  importing: boolean;
  /** Ends what is under way when the door closes. */
  closed: AbortController;
}

/** Answers one command. Whoever does not prove that they have the secret is told nothing. */
async function serve(served: Served, lines: Lines, secret: string): Promise<void> {
  const greeting = await lines.read(greetingSchema);
  if (!greeting) return;
  const nonce = newSecret();
  const proofOf = prover(secret, greeting.nonce, nonce);
  lines.write({ nonce, proof: proofOf('welcome', '') });
  const question = await lines.read(provenSchema);
  if (!question || !isSame(question.proof, proofOf('question', question.text))) return;
  const args = argsSchema.safeParse(asJson(question.text));
  if (!args.success) return;
  const say = (said: Answer): void => {
    const text = JSON.stringify(said);
    lines.write({ text, proof: proofOf('answer', text) });
  };
  const hear = async () => {
    lines.waitForEver();
    const next = await lines.read(provenSchema);
    return next !== null && isSame(next.proof, proofOf('question', next.text)) ? next.text : null;
  };
  if (args.data[0] === copyQuestion) return serveCopy(served, say, hear);
  if (args.data[0] === importQuestion) return serveImport(served, say, hear);
  say(await answer(served.deps, args.data));
}

/** Imports what the other side names, and says how far it is as often as it is asked. It ends when the other side is gone. */
async function serveImport(served: Served, say: (said: Answer) => void, hear: () => Promise<string | null>): Promise<void> {
  if (served.importing) return say({ refused: 'The server is importing already: wait until that is done.' });
  served.importing = true;
  const gone = new AbortController();
  try {
    say({ line: 'of what?' });
    const options = importOptionsSchema.safeParse(asJson((await hear()) ?? ''));
    if (!options.success) return say({ refused: 'The running server does not know this import: it may be another version.' });
    let progress: string | null = null;
    let told = () => {};
    const work = runImport(served.deps, options.data, {
      signal: AbortSignal.any([gone.signal, served.closed.signal]),
      progress(line) {
        progress = line;
        told();
      },
    }).then(
      (done): Answer => ({ line: JSON.stringify({ done }) }),
      (error: unknown) => refusal(served.deps, error),
    );
    // The first answer is for the options, the next ones for each time that the other side asks on.
    for (let asked = true; asked; asked = (await hear()) === moreQuestion) {
      const more = new Promise<null>((resolve) => (told = () => resolve(null)));
      const ended = progress === null ? await Promise.race([work, more]) : null;
      if (ended) return say(ended);
      say({ line: JSON.stringify({ progress }) });
      progress = null;
    }
    gone.abort();
    await work;
  } finally {
    served.importing = false;
  }
}

/**
 * Lets the other side copy the database: says where the copy may go, waits until its files are there, says its label, and removes the copy
 * when the other side is gone.
 *
 * @param hear resolves to what the other side says next, or null once it is gone
 */
async function serveCopy(
  { deps, database, copies }: Served,
  say: (said: Answer) => void,
  hear: () => Promise<string | null>,
): Promise<void> {
  const dataDir = join(copies, randomBytes(6).toString('hex'));
  try {
    const end = await database.beginCopy();
    try {
      say({ line: dataDir });
      if ((await hear()) !== copiedQuestion) return;
    } finally {
      await end();
    }
    say({ line: await end() });
    await hear();
  } catch (error) {
    deps.log.error({ err: error }, 'the database could not be copied for a backup');
    say({ refused: 'The server could not have its database copied: perhaps another backup is under way. Its log says why.' });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function answer(deps: CoreDeps, args: readonly string[]): Promise<Answer> {
  const task = operatorTask(args);
  if (!task) return { refused: 'The running server does not know this command: it may be another version.' };
  try {
    return { line: await task(deps) };
  } catch (error) {
    return refusal(deps, error);
  }
}

function refusal(deps: Pick<CoreDeps, 'log'>, error: unknown): Answer {
  if (AppError.is(error)) return { refused: error.message };
  deps.log.error({ err: error }, 'a command of the operator failed');
  return { refused: 'The server could not do this; its log says why.' };
}

/**
 * Has the server that runs on this data directory do a task of the operator.
 *
 * @returns the line to print; null if that server does not answer: nobody does, or somebody else, who is told nothing and not believed
 * @throws AppError with what the server says if it refuses
 */
export async function askRunningServer(dataDir: string, args: readonly string[]): Promise<string | null> {
  const asked = await askOverSocket(dataDir, args);
  asked?.close();
  return asked ? asked.line : null;
}

/**
 * Asks the server that runs on this data directory to be copied.
 *
 * @returns `dataDir`: where the copy may go. It is removed on `close`, or when this process ends. `copied` tells the server that its files are
 *   there, and resolves to the label of the copy. Null if that server does not answer
 * @throws AppError with what the server says if it refuses
 */
export async function askForCopy(dataDir: string): Promise<{ dataDir: string; copied(): Promise<string>; close(): void } | null> {
  const asked = await askOverSocket(dataDir, [copyQuestion]);
  if (!asked) return null;
  return {
    dataDir: asked.line,
    async copied() {
      const said = await asked.ask(copiedQuestion);
      if (!said || 'refused' in said)
        throw new AppError('VALIDATION', said?.refused ?? 'The server stopped while its database was copied: try again.');
      return said.line;
    },
    close: () => asked.close(),
  };
}

/**
 * Has the server that runs on this data directory import an export, which it reads itself.
 *
 * @param progress is told how far it is, and asks on when it has resolved
 * @returns what was done, in lines for the operator; null if that server does not answer
 * @throws AppError with what the server says if it refuses
 */
export async function askForImport(
  dataDir: string,
  options: ImportOptions,
  progress: (line: string) => void | Promise<void>,
): Promise<string | null> {
  const asked = await askOverSocket(dataDir, [importQuestion]);
  if (!asked) return null;
  try {
    for (let text = JSON.stringify(options); ; text = moreQuestion) {
      const said = await asked.ask(text);
      if (!said || 'refused' in said)
        throw new AppError(
          'VALIDATION',
          said?.refused ?? 'The server stopped while it imported: run the same command again, which goes on.',
        );
      const answer = importAnswerSchema.parse(asJson(said.line));
      if ('done' in answer) return answer.done;
      await progress(answer.progress);
    }
  } finally {
    asked.close();
  }
}

interface Asked {
  line: string;
  /** Asks more, over the same connection. */
  ask(text: string): Promise<Answer | null>;
  close(): void;
}

async function askOverSocket(dataDir: string, args: readonly string[]): Promise<Asked | null> {
  const door = doorSchema.safeParse(asJson(await readFile(join(dataDir, fileName), 'utf8').catch(() => '')));
  if (!door.success) return null;
  const { port, secret } = door.data;
  const socket = connect({ port, host: '127.0.0.1' });
  const close = () => void socket.destroy();
  try {
    const lines = new Lines(socket);
    const ask = await greet(lines, secret);
    const said = ask && (await ask(JSON.stringify(args)));
    if (said && 'refused' in said) throw new AppError('VALIDATION', said.refused);
    if (!ask || !said) {
      close();
      return null;
    }
    // Whoever is there has proved that they are the server, and hears when this side ends.
    lines.waitForEver();
    return { line: said.line, ask, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** @returns what asks the server; null if the other side is not the server */
async function greet(lines: Lines, secret: string): Promise<Asked['ask'] | null> {
  const nonce = newSecret();
  lines.write({ nonce });
  const welcome = await lines.read(welcomeSchema);
  if (!welcome) return null;
  const proofOf = prover(secret, nonce, welcome.nonce);
  if (!isSame(welcome.proof, proofOf('welcome', ''))) return null;
  return async (text) => {
    lines.write({ text, proof: proofOf('question', text) });
    const answered = await lines.read(provenSchema);
    if (!answered || !isSame(answered.proof, proofOf('answer', answered.text))) return null;
    return answerSchema.nullable().catch(null).parse(asJson(answered.text));
  };
}

/** @returns what makes the proof of a line of one connection */
function prover(secret: string, ofCommand: string, ofServer: string) {
  return (line: 'welcome' | 'question' | 'answer', text: string): string =>
    createHmac('sha256', secret)
      .update(JSON.stringify([ofCommand, ofServer, line, text]))
      .digest('base64url');
}

/** The lines of JSON that one side of a connection says, one after the other. It ends where that side says too much, or nothing. */
class Lines {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<string>;
  #text = '';

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.setTimeout(patienceMs, () => socket.destroy());
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  write(line: object): void {
    this.#socket.write(`${JSON.stringify(line)}\n`);
  }

  /** From now on silence ends nothing: the other side has work to do, and its end closes the connection. */
  waitForEver(): void {
    this.#socket.setTimeout(0);
  }

  /** The next line; null if the other side ends before it, says too much, or something else. */
  async read<T>(schema: z.ZodType<T>): Promise<T | null> {
    while (!this.#text.includes('\n')) {
      if (this.#text.length > maxLineBytes) return null;
      const chunk = await this.#chunks.next().catch(() => null);
      if (!chunk || chunk.done) return null;
      this.#text += chunk.value;
    }
    const end = this.#text.indexOf('\n');
    const line = schema.safeParse(asJson(this.#text.slice(0, end)));
    this.#text = this.#text.slice(end + 1);
    return line.success ? line.data : null;
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** 256 random bits. */
function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
