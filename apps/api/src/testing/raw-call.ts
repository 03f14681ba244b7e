import type { AppErrorData } from '@parley/contracts';

export interface RawAnswer {
  status: number;
  headers: Headers;
  /** Set-Cookie headers. */
  cookies: string[];
  /** What a tRPC call answered; undefined on an error. */
  data: unknown;
  error: { message: string; data: AppErrorData & { httpStatus: number; code?: string; path?: string } } | undefined;
}

export interface RawCall {
  input?: unknown;
  accessToken?: string;
  headers?: Record<string, string>;
}

/** Makes one HTTP call as a page or a program would, without tRPC's client. */
export async function rawCall(
  url: string,
  type: 'query' | 'mutation' | 'subscription',
  path: string,
  call: RawCall = {},
): Promise<RawAnswer> {
  const headers: Record<string, string> = { ...call.headers };
  if (call.accessToken !== undefined) headers['authorization'] = `Bearer ${call.accessToken}`;
  const query = call.input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(call.input))}`;
  const response =
    type === 'mutation'
      ? await fetch(`${url}/trpc/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          ...(call.input === undefined ? {} : { body: JSON.stringify(call.input) }),
        })
      : await fetch(`${url}/trpc/${path}${query}`, {
          headers: type === 'subscription' ? { accept: 'text/event-stream', ...headers } : headers,
        });
  return readAnswer(response);
}

export async function readAnswer(response: Response): Promise<RawAnswer> {
  const { status, headers } = response;
  if (headers.get('content-type')?.startsWith('text/event-stream')) {
    for await (const { event, data } of serverSentEvents(response)) {
      const answer = { status, headers, cookies: headers.getSetCookie() };
      // An EventSource sees no status, so tRPC tells errors inside the stream.
      if (event === 'serialized-error') return { ...answer, data: undefined, error: data as RawAnswer['error'] };
      if (event === 'message') return { ...answer, data, error: undefined };
    }
    throw new Error('the stream ended before its first event');
  }
  const isJson = /^application\/(?:problem\+)?json\b/.test(headers.get('content-type') ?? '');
  if (!isJson) {
    await response.body?.cancel();
    return { status, headers, cookies: headers.getSetCookie(), data: undefined, error: undefined };
  }
  const body = (await response.json()) as { result?: { data: unknown }; error?: NonNullable<RawAnswer['error']> };
  return { status, headers, cookies: headers.getSetCookie(), data: body.result?.data, error: body.error };
}

export interface ServerSentEvent {
  event: string;
  id: string | undefined;
  data: unknown;
}

/** The blocks of a stream, as they come, also those without data; leaving the loop ends the connection. */
export async function* serverSentEvents(response: Response): AsyncGenerator<ServerSentEvent> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]),
      );
      text = text.slice(end + 2);
      const data = fields.get('data');
      yield { event: fields.get('event') ?? 'message', id: fields.get('id'), data: data ? (JSON.parse(data) as unknown) : undefined };
    }
  }
}
