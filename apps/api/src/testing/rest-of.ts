import type { TestApi } from './test-api.js';

export interface RestAnswer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Calls REST as a program would that has nothing but HTTP and JSON. */
export function restOf({ api: { url } }: TestApi, token?: string) {
  return async (method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<RestAnswer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: typeof json === 'string' ? json : JSON.stringify(json) }),
    });
    const text = await response.text();
    const isJson = /^application\/(?:problem\+)?json\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson && text !== '' ? (JSON.parse(text) as unknown) : text };
  };
}
