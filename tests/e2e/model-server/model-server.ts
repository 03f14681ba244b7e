import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { words, type ModelAnswer, type ModelScript, type ModelStep, type RecordedRequest } from './script.js';

export interface ModelServerOptions {
  /** @default 0, any free one */
  port?: number;
  /** What answers until {@link ModelServer.script} is called. @default a short greeting, word by word */
  script?: ModelScript;
}

export interface ModelServer extends AsyncDisposable {
  /** The value for `OPENAI_BASE_URL`: `http://127.0.0.1:<port>/v1`. */
  readonly url: string;
  /** Every call of `chat/completions`, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Sets what answers from now on. */
  script(script: ModelScript): void;
  /** Resolves with the request at `index`, at once if it is there already. */
  request(index: number): Promise<RecordedRequest>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * A local server that speaks OpenAI's chat-completions streaming protocol and answers what a test scripts: text at the pace the test
 * wants, errors by status, streams that are cut, stall, or make no sense. It listens on loopback and looks at no key.
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
    const path = new URL(incoming.url ?? '/', 'http://localhost').pathname;
    if (incoming.method === 'GET' && path === '/v1/models') {
      sendJson(response, 200, { object: 'list', data: [{ id: 'scripted', object: 'model', created: 0, owned_by: 'tests' }] });
      return;
    }
    if (incoming.method !== 'POST' || path !== '/v1/chat/completions') {
      sendJson(response, 404, { error: { message: `no such path: ${incoming.method} ${path}` } });
      return;
    }
    const left = new AbortController();
    response.once('close', () => left.abort());
    let end: (how: 'sent' | 'cut' | 'left') => void = () => {};
    const ended = new Promise<'sent' | 'cut' | 'left'>((resolve) => {
      end = resolve;
    });
    const request: RecordedRequest = {
      index: requests.length,
      body: JSON.parse(await readBody(incoming)) as RecordedRequest['body'],
      authorization: incoming.headers.authorization ?? null,
      sent: '',
      ended,
    };
    request.index = requests.push(request) - 1;
    for (const resolve of waiting.get(request.index) ?? []) resolve(request);
    waiting.delete(request.index);
    const answer = await script(request);
    if ('status' in answer) {
      sendJson(response, answer.status, { error: answer.error ?? { message: `scripted status ${answer.status}` } }, answer.headers);
      end('sent');
      return;
    }
    end(await streamAnswer(request, response, answer, left.signal));
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

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    script(next) {
      script = next;
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

async function streamAnswer(
  request: RecordedRequest,
  response: ServerResponse,
  answer: Extract<ModelAnswer, { steps: unknown }>,
  left: AbortSignal,
): Promise<'sent' | 'cut' | 'left'> {
  const gone = new Promise<'left'>((resolve) => left.addEventListener('abort', () => resolve('left'), { once: true }));
  const chunk = (fields: object): string => `data: ${JSON.stringify({ ...head(request), ...fields })}\n\n`;
  const delta = (fields: object): string => chunk({ choices: [{ index: 0, delta: fields, finish_reason: null }] });
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  response.flushHeaders();
  response.write(delta({ role: 'assistant', content: '' }));
  for await (const given of answer.steps) {
    if (left.aborted) return 'left';
    const step: Exclude<ModelStep, string> = typeof given === 'string' ? { text: given } : given;
    if ('text' in step) {
      request.sent += step.text;
      response.write(delta({ content: step.text }));
    } else if ('reasoning' in step) response.write(delta({ reasoning_content: step.reasoning }));
    else if ('raw' in step) response.write(step.raw);
    else if ('error' in step) response.write(`data: ${JSON.stringify({ error: step.error })}\n\n`);
    else if ('waitMs' in step) await Promise.race([delay(step.waitMs, undefined, { ref: false }), gone]);
    else if ('until' in step) await Promise.race([step.until, gone]);
    else if ('stall' in step) return gone;
    else {
      // What was written before is to arrive; it would be dropped with the connection.
      await new Promise((resolve) => response.write(':\n\n', resolve));
      response.destroy();
      return 'cut';
    }
  }
  if (left.aborted) return 'left';
  response.write(chunk({ choices: [{ index: 0, delta: {}, finish_reason: answer.finishReason ?? 'stop' }] }));
  const usage = answer.usage ?? { promptTokens: 10, completionTokens: words(request.sent).length };
  response.write(
    chunk({
      choices: [],
      usage: {
        prompt_tokens: usage.promptTokens,
        completion_tokens: usage.completionTokens,
        total_tokens: usage.promptTokens + usage.completionTokens,
      },
    }),
  );
  response.end('data: [DONE]\n\n');
  return 'sent';
}

function head(request: RecordedRequest): object {
  return { id: `chatcmpl-${request.index}`, object: 'chat.completion.chunk', created: 0, model: request.body.model };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function sendJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
