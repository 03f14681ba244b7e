import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { AnswerRulesError, readAnswerRules, scriptOf } from './answer-rules.js';
import { readBody, sendJson } from './http-bodies.js';
import type { ModelScript, RecordedRequest } from './script.js';

/** What can be asked of the server itself over HTTP, beside its models. */
export interface Control {
  readonly requests: readonly RecordedRequest[];
  /** Forgets what it recorded. */
  forget(): void;
  /** @param script null: what answered at first */
  answerWith(script: ModelScript | null): void;
  /** @param models null: what was listed at first */
  list(models: readonly string[] | null): void;
}

const modelsSchema = z.array(z.string().min(1).max(500)).max(10_000);

/**
 * Serves `/answers`, `/requests` and `/models`: how programs of any language script the server and read what it was sent.
 *
 * @returns false where the path is another
 */
export async function serveControl(control: Control, path: string, incoming: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const serve = routes[`${incoming.method} ${path}`];
  if (!serve) return false;
  // A page of another site can name this server by a name of its own; what was recorded is not for it.
  if (!isLoopback(incoming.headers.host)) {
    sendJson(response, 403, { error: { message: 'Ask by localhost or 127.0.0.1.' } });
    return true;
  }
  try {
    sendJson(response, 200, serve(control, incoming.method === 'PUT' ? JSON.parse(await readBody(incoming)) : null));
  } catch (error) {
    if (!(error instanceof AnswerRulesError || error instanceof SyntaxError)) throw error;
    sendJson(response, 400, { error: { message: error instanceof AnswerRulesError ? error.message : 'The body is no JSON.' } });
  }
  return true;
}

const routes: Record<string, (control: Control, body: unknown) => object> = {
  'GET /requests': ({ requests }) => ({ requests: requests.map(({ ended: _ended, ...request }) => request) }),
  'DELETE /requests': (control) => {
    control.forget();
    return {};
  },
  'PUT /answers': (control, body) => {
    control.answerWith(scriptOf(readAnswerRules(body)));
    return {};
  },
  'DELETE /answers': (control) => {
    control.answerWith(null);
    return {};
  },
  'PUT /models': (control, body) => {
    const read = modelsSchema.safeParse(body);
    if (!read.success) throw new AnswerRulesError('Write a list of names of models.');
    control.list(read.data);
    return {};
  },
  'DELETE /models': (control) => {
    control.list(null);
    return {};
  },
};

function isLoopback(host: string | undefined): boolean {
  return host !== undefined && /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(host);
}
