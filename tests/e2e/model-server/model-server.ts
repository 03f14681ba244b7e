import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anthropic } from './anthropic.js';
import { google } from './google.js';
import { openai } from './openai.js';
import type { Protocol } from './protocol.js';
import { words, type ModelScript, type RecordedRequest, type RequestBody } from './script.js';
import { streamAnswer } from './stream-answer.js';

export interface ModelServerOptions {
  /** @default 0, any free one */
  port?: number;
  /** What answers until {@link ModelServer.script} is called. @default a short greeting, word by word */
  script?: ModelScript;
}

export interface ModelServer extends AsyncDisposable {
  /** The value for `OPENAI_BASE_URL`: `http://127.0.0.1:<port>/v1`. */
  readonly url: string;
  /** The value for `ANTHROPIC_BASE_URL`. */
  readonly anthropicUrl: string;
  /** The value for `GOOGLE_GENERATIVE_AI_BASE_URL`. */
  readonly googleUrl: string;
  /** Every call of a model, in order of arrival, whatever the protocol. */
  readonly requests: readonly RecordedRequest[];
  /** Sets what answers from now on. */
  script(script: ModelScript): void;
  /** Answers as it did before the first {@link ModelServer.script}. Requests stay recorded. */
  reset(): void;
  /** Resolves with the request at `index`, at once if it is there already. */
  request(index: number): Promise<RecordedRequest>;
  /** Ends every connection. */
  close(): Promise<void>;
}

const protocols: readonly Protocol[] = [openai, anthropic, google];

/**
 * A local server that speaks the streaming protocols of OpenAI, Anthropic and Google and answers what a test scripts: text at the pace
 * the test wants, refusals in each provider's own shape, streams that are cut, stall, or make no sense. It listens on loopback and
 * looks at no key.
 */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const requests: RecordedRequest[] = [];
  const waiting = new Map<number, ((request: RecordedRequest) => void)[]>();
  let script: ModelScript = options.script ?? greeting;

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      // A script that throws is the test's mistake: make it visible to the caller rather than hang.
      if (!response.headersSent) sendJson(response, 500, { error: { message: `the script failed: ${String(error)}` } });
      else response.destroy();
    });
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(incoming.url ?? '/', 'http://localhost').pathname);
    if (incoming.method === 'GET' && path === '/v1/models') {
      sendJson(response, 200, { object: 'list', data: [{ id: 'scripted', object: 'model', created: 0, owned_by: 'tests' }] });
      return;
    }
    const protocol = incoming.method === 'POST' ? protocols.find((candidate) => candidate.matches(path) !== null) : undefined;
    if (!protocol) {
      sendJson(response, 404, { error: { message: `no such path: ${incoming.method} ${path}` } });
      return;
    }
    const left = new AbortController();
    response.once('close', () => left.abort());
    let end: (how: 'sent' | 'cut' | 'left') => void = () => {};
    const ended = new Promise<'sent' | 'cut' | 'left'>((resolve) => {
      end = resolve;
    });
    const body = JSON.parse(await readBody(incoming)) as RequestBody;
    const request: RecordedRequest = {
      index: requests.length,
      protocol: protocol.name,
      body,
      ...protocol.read(body, incoming.headers, protocol.matches(path)!),
      sent: '',
      ended,
    };
    request.index = requests.push(request) - 1;
    for (const resolve of waiting.get(request.index) ?? []) resolve(request);
    waiting.delete(request.index);
    const answer = await script(request);
    if ('refuse' in answer) {
      const { status, body: refusal, headers } = protocol.refuse(answer.refuse, answer);
      sendJson(response, status, refusal, headers);
      end('sent');
      return;
    }
    if ('body' in answer) {
      if (typeof answer.body === 'object') sendJson(response, answer.status, answer.body, answer.headers);
      else response.writeHead(answer.status, { 'content-type': 'text/html', ...answer.headers }).end(answer.body);
      end('sent');
      return;
    }
    if ('status' in answer) {
      const error = answer.error ?? { message: `scripted status ${answer.status}` };
      sendJson(response, answer.status, protocol.error(answer.status, error), answer.headers);
      end('sent');
      return;
    }
    end(await streamAnswer(protocol, request, response, answer, left.signal));
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const close = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.close((error) => (error && (error as NodeJS.ErrnoException).code !== 'ERR_SERVER_NOT_RUNNING' ? reject(error) : resolve()));
      server.closeAllConnections();
    });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url: `${origin}/v1`,
    anthropicUrl: `${origin}/v1`,
    googleUrl: `${origin}/v1beta`,
    requests,
    script(next) {
      script = next;
    },
    reset() {
      script = options.script ?? greeting;
    },
    request(index) {
      const known = requests[index];
      if (known) return Promise.resolve(known);
      return new Promise((resolve) => waiting.set(index, [...(waiting.get(index) ?? []), resolve]));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const greeting: ModelScript = () => ({ steps: words('Hello from the scripted model.') });

async function readBody(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function sendJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
