import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anthropic } from './anthropic.js';
import { serveControl, type Control } from './control.js';
import { google } from './google.js';
import { openai } from './openai.js';
import type { Protocol } from './protocol.js';
import { readBody, sendJson } from './http-bodies.js';
import { words, type ModelAnswer, type ModelScript, type RecordedListing, type RecordedRequest, type RequestBody } from './script.js';
import { sendAnswer } from './send-answer.js';

export interface ModelServerOptions {
  /** @default 0, any free one */
  port?: number;
  /** What answers until {@link ModelServer.script} is called. @default a short greeting, word by word */
  script?: ModelScript;
  /** The models that it lists. It answers for others too. @default one, `scripted` */
  models?: readonly string[];
}

export interface ModelServer extends AsyncDisposable {
  /** Where the server is, without a protocol's path: `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** The value for `OPENAI_BASE_URL`: `http://127.0.0.1:<port>/v1`. */
  readonly url: string;
  /** The value for `ANTHROPIC_BASE_URL`. */
  readonly anthropicUrl: string;
  /** The value for `GOOGLE_GENERATIVE_AI_BASE_URL`. */
  readonly googleUrl: string;
  /** Every call of a model, whole, in order of arrival, whatever the protocol. */
  readonly requests: readonly RecordedRequest[];
  /** Every request for the list of models. */
  readonly listings: readonly RecordedListing[];
  /** Sets what answers from now on. */
  script(script: ModelScript): void;
  /** Sets what is listed from now on: models, or a refusal. */
  listModels(models: readonly string[] | Exclude<ModelAnswer, { steps: unknown }>): void;
  /** Answers and lists as it did at first. Requests stay recorded. */
  reset(): void;
  /** Resolves with the request at `index`, at once if it is there already. */
  request(index: number): Promise<RecordedRequest>;
  /** Ends every connection. */
  close(): Promise<void>;
}

const protocols: readonly Protocol[] = [openai, anthropic, google];

/** What the server lists if it is told no other models. */
const listedByDefault: readonly string[] = ['scripted'];

/**
 * How long a connection stays open that nobody uses. After Node's five seconds a machine that stands still would close it just as the next
 * request comes on it, which then fails: in a test, an answer that is begun a second time.
 */
const keepAliveMs = 600_000;

/**
 * Starts a local server that speaks the protocols of OpenAI, Anthropic and Google, streaming and not, and answers what a script says:
 * text at any pace, thoughts, calls of tools, refusals in each provider's own shape, streams that are cut, stall, or make no sense. It keeps each
 * request whole, listens on loopback alone and looks at no key.
 */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const requests: RecordedRequest[] = [];
  const listings: RecordedListing[] = [];
  const waiting = new Map<number, ((request: RecordedRequest) => void)[]>();
  const first = { script: options.script ?? greeting, listed: options.models ?? listedByDefault };
  let script: ModelScript = first.script;
  let listed: Parameters<ModelServer['listModels']>[0] = first.listed;

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      // A script that throws is the test's mistake: make it visible to the caller rather than hang.
      if (!response.headersSent) sendJson(response, 500, { error: { message: `the script failed: ${String(error)}` } });
      else response.destroy();
    });
  });

  server.keepAliveTimeout = keepAliveMs;

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers } = incoming;
    const path = incoming.url ?? '/';
    const plainPath = decodedPath(path);
    if (await serveControl(control, plainPath, incoming, response)) return;
    if (incoming.method === 'GET') {
      const protocol = protocols.find((candidate) => candidate.lists(plainPath, headers) !== null);
      if (protocol) {
        listings.push({ protocol: protocol.name, path, headers, key: protocol.keyOf(headers) });
        sendList(protocol, protocol.lists(plainPath, headers)!.model, response);
        return;
      }
    }
    const protocol = incoming.method === 'POST' ? protocols.find((candidate) => candidate.matches(plainPath) !== null) : undefined;
    if (!protocol) {
      sendJson(response, 404, { error: { message: `no such path: ${incoming.method} ${plainPath}` } });
      return;
    }
    const left = new AbortController();
    response.once('close', () => left.abort());
    const body = requestBody(await readBody(incoming));
    if (body === null) {
      sendJson(response, 400, protocol.error(400, { message: 'The body is no JSON object.' }));
      return;
    }
    let end: (how: 'sent' | 'cut' | 'left') => void = () => {};
    const ended = new Promise<'sent' | 'cut' | 'left'>((resolve) => {
      end = resolve;
    });
    const request: RecordedRequest = {
      index: requests.length,
      protocol: protocol.name,
      path,
      headers,
      body,
      ...protocol.read(body, headers, protocol.matches(plainPath)!),
      sent: '',
      ended,
    };
    requests.push(request);
    for (const resolve of waiting.get(request.index) ?? []) resolve(request);
    waiting.delete(request.index);
    const answer = await script(request);
    if ('steps' in answer) {
      end(await sendAnswer(protocol, request, response, answer, left.signal));
      return;
    }
    sendOther(protocol, answer, response);
    end('sent');
  }

  function sendList(protocol: Protocol, model: string | null, response: ServerResponse): void {
    if (!isList(listed)) sendOther(protocol, listed, response);
    else if (model === null) sendJson(response, 200, protocol.list(listed));
    else if (listed.includes(model)) sendJson(response, 200, protocol.describe(model));
    else sendOther(protocol, { refuse: 'unknown_model' }, response);
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

  const control: Control = {
    requests,
    forget() {
      requests.length = 0;
      listings.length = 0;
    },
    answerWith(next) {
      script = next ?? first.script;
    },
    list(models) {
      listed = models ?? first.listed;
    },
  };
  return {
    origin,
    url: `${origin}/v1`,
    anthropicUrl: `${origin}/v1`,
    googleUrl: `${origin}/v1beta`,
    requests,
    listings,
    script(next) {
      script = next;
    },
    listModels(next) {
      listed = next;
    },
    reset() {
      script = first.script;
      listed = first.listed;
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

function isList(listed: Parameters<ModelServer['listModels']>[0]): listed is readonly string[] {
  return Array.isArray(listed);
}

/** Answers without a model's words: a refusal, another status, a body of any kind. */
function sendOther(protocol: Protocol, answer: Exclude<ModelAnswer, { steps: unknown }>, response: ServerResponse): void {
  if ('refuse' in answer) {
    const { status, body, headers } = protocol.refuse(answer.refuse, answer);
    sendJson(response, status, body, headers);
  } else if ('body' in answer) {
    if (typeof answer.body === 'object') sendJson(response, answer.status, answer.body, answer.headers);
    else response.writeHead(answer.status, { 'content-type': 'text/html', ...answer.headers }).end(answer.body);
  } else {
    const error = answer.error ?? { message: `scripted status ${answer.status}` };
    sendJson(response, answer.status, protocol.error(answer.status, error), answer.headers);
  }
}

/** The path without its query, decoded; as it is where it cannot be decoded. */
function decodedPath(path: string): string {
  const { pathname } = new URL(path, 'http://localhost');
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

function requestBody(text: string): RequestBody | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RequestBody) : null;
  } catch {
    return null;
  }
}
