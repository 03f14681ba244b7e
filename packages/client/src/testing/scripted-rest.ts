import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call as it came. */
export interface RestCall {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
  /** Whether the caller has gone without waiting for the answer. */
  readonly gone: boolean;
}

/** What a call is answered: a status and JSON, or what the function does with the answer itself. */
export type RestAnswer = [status: number, body: unknown] | ((response: ServerResponse) => void);

/** A server that speaks HTTP as the API does and answers what a test says, so that it can do what the API never does on purpose. */
export class ScriptedRest implements AsyncDisposable {
  readonly url: string;
  readonly calls: RestCall[] = [];
  answer: (call: RestCall) => RestAnswer | Promise<RestAnswer> = () => [404, {}];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<ScriptedRest> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ScriptedRest(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
    const { pathname, searchParams } = new URL(request.url!, this.url);
    let gone = false;
    response.on('close', () => (gone = !response.writableFinished));
    const call: RestCall = {
      method: request.method!,
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      get gone() {
        return gone;
      },
    };
    this.calls.push(call);
    const answer = await this.answer(call);
    if (typeof answer === 'function') return answer(response);
    const [status, body] = answer;
    response.writeHead(status, { 'content-type': 'application/json', 'x-correlation-id': `call-${this.calls.length}` });
    response.end(JSON.stringify(body));
  }
}

/** A problem as the API answers it. */
export function problem(status: number, code: string, data: Record<string, unknown> = {}): [number, unknown] {
  return [
    status,
    { title: code, status, detail: `About ${code}.`, code, error: { message: `About ${code}.`, data: { appCode: code, ...data } } },
  ];
}

/** Begins a stream of events, and goes on as the function says. */
export function eventStream(go: (send: (event: object, name?: string) => void, response: ServerResponse) => void): RestAnswer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write('retry: 1000\n\n');
    go((event, name) => response.write(`${name ? `event: ${name}\n` : 'id: 1\n'}data: ${JSON.stringify(event)}\n\n`), response);
  };
}
