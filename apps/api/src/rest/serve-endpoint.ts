import { randomUUID } from 'node:crypto';
import { AppError, operationNamed, type ProcedureName } from '@parley/contracts';
import type { Actor } from '@parley/core/sessions/actor';
import type { AnyTRPCProcedure } from '@trpc/server';
import { TRPCError } from '@trpc/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { appRouter } from '../app-router.js';
import { provenActor, type Caller } from '../admit.js';
import { httpCaller } from '../auth/http-caller.js';
import { callOf } from '../call-of.js';
import type { Context } from '../context.js';
import { sendError } from '../http-errors.js';
import type { SurfaceDeps } from '../realtime/surface.js';
import { toAppError } from '../trpc-errors.js';
import { entityTag, hasTag, versionsOf } from './entity-tag.js';
import { fieldsOf } from './input-fields.js';
import { holderOf, idempotencyKey, idOf, type KeptAnswers, type KeyedRequest } from './idempotency.js';
import { RateLimitHeaders } from './rate-limit-headers.js';
import type { RestEndpoint } from './rest-address.js';
import { isPaged, pageOf, takePage, type PageAsked } from './list-page.js';
import { restInput, type Asked } from './rest-input.js';

const procedures = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>;

/** The schema of a procedure's input; undefined for one that has none. */
export function inputSchemaOf(name: string): z.core.$ZodType | undefined {
  return (procedures[name] as unknown as { _def: { inputs: z.core.$ZodType[] } })._def.inputs[0];
}

/**
 * Serves one endpoint: it translates the request into the procedure's input and the answer into HTTP. Who may, limits, measures and logs are
 * the procedure's.
 */
export function serveEndpoint({ services, reportError }: SurfaceDeps, kept: KeptAnswers, endpoint: RestEndpoint) {
  const { name, method, status } = endpoint;
  const { repeat } = operationNamed(name);
  const procedure = procedures[name]!;
  const { type } = (procedure as unknown as { _def: { type: 'query' | 'mutation' } })._def;
  const schema = inputSchemaOf(name);

  /** Fills in the sender's own id of a message: of the request's key, so that a repeat is the same message, or a new one. */
  const withClientId = (input: unknown, actor: Actor | null, key: string | null): unknown => {
    if (repeat !== 'byClientId') return input;
    const sent = input as object;
    if (key === null) return { clientId: randomUUID(), ...sent };
    if (!Object.hasOwn(sent, 'clientId')) return { ...sent, clientId: idOf(actor ? holderOf(actor) : '', key) };
    throw new AppError('VALIDATION', 'clientId: give it or an Idempotency-Key, not both.', { field: 'clientId' });
  };

  const versioned = fieldsOf(schema)?.has('ifVersion') ?? false;

  /** @throws AppError VALIDATION for a condition that the call does not know: it would be done against it */
  const withVersions = (input: unknown, ifMatch: string | undefined): unknown => {
    if (ifMatch === undefined || method === 'GET') return input;
    const versions = versionsOf(ifMatch);
    if (versions === null) return input;
    if (!versioned) throw new AppError('VALIDATION', 'If-Match: this call does not take it.', { field: 'If-Match' });
    if (Object.hasOwn(input as object, 'ifVersion'))
      throw new AppError('VALIDATION', 'ifVersion: give it or If-Match, not both.', { field: 'ifVersion' });
    return { ...(input as object), ifVersion: versions };
  };

  /** Null for a call that is refused anyway, by the procedure, which says why; and for callers who are nobody. */
  const keyedRequest = (caller: Caller, key: string, input: () => unknown): KeyedRequest | null => {
    if (!caller.actor) return null;
    try {
      const actor = provenActor(name, caller);
      return { actor, key, operation: name, input: input(), status, mayRepeat: repeat !== 'unsafe' };
    } catch {
      return null;
    }
  };

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const limits = new RateLimitHeaders();
    void reply.header('x-correlation-id', request.id);
    try {
      const caller = await httpCaller(services, request);
      const ctx: Context = {
        ...caller,
        services,
        operation: null,
        call: callOf(request, caller.address),
        noteLimit: limits.note,
        socket: null,
        http: { request, reply },
      };
      const key = method === 'POST' ? idempotencyKey(request.headers['idempotency-key']) : null;
      let page: PageAsked | null = null;
      const asked = (): Asked => {
        const { params, query, body, headers } = request;
        if (!isPaged(name)) return request;
        const taken = takePage(query as Record<string, unknown>);
        page = taken.page;
        return { params, query: taken.rest, body, headers };
      };
      const input = () => withVersions(withClientId(restInput(endpoint, schema, asked()), caller.actor, key), request.headers['if-match']);
      let answered: unknown = null;
      const call = async () => {
        const answer: unknown = await procedure({
          ctx,
          path: name,
          type,
          getRawInput: async () => input(),
          signal: undefined,
          batchIndex: 0,
        });
        // A procedure without an input has not looked whether there is one.
        if (!schema) input();
        answered = page ? pageIn(request, reply, name, answer as unknown[], page) : answer;
        return JSON.stringify(answered);
      };
      const keyed = key === null || repeat === 'byClientId' ? null : keyedRequest(caller, key, input);
      const answer = keyed ? await kept.once(keyed, call) : { status, body: await call() };
      void reply.headers(limits.headers);
      return sendData(request, reply, answer.status, answer.body, { name, answer: answered });
    } catch (thrown) {
      void reply.headers({ ...limits.headers, 'cache-control': 'no-store' });
      if (thrown instanceof TRPCError) reportError(thrown, { path: name, correlationId: request.id });
      const error = thrown instanceof TRPCError ? toAppError(thrown) : thrown;
      if (AppError.is(error)) return sendError(reply, error);
      throw error;
    }
  };
}

/** The page of a list that is asked for; where it is not the last, `Link` leads to the next (RFC 8288). */
function pageIn({ url }: FastifyRequest, reply: FastifyReply, name: ProcedureName, all: readonly unknown[], page: PageAsked): unknown[] {
  const { items, next } = pageOf(name, all, page);
  if (next === null) return items;
  const address = new URL(url, 'http://localhost');
  address.searchParams.set('after', next);
  void reply.header('link', `<${address.pathname}${address.search}>; rel="next"`);
  return items;
}

/** Sends JSON; of what is only read, with a tag by which the caller can ask whether anything changed. */
export function sendData(
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  status: number,
  body: string,
  of: { name: ProcedureName; answer: unknown } | null = null,
): FastifyReply {
  void reply.type('application/json; charset=utf-8');
  // Answers hold tokens, and what only the caller may see.
  if (method !== 'GET' && method !== 'HEAD') return reply.code(status).header('cache-control', 'no-store').send(body);
  const tag = entityTag(of?.name ?? null, of?.answer, body);
  void reply.headers({ etag: tag, 'cache-control': 'private, no-cache', vary: 'origin, authorization' });
  return hasTag(headers['if-none-match'], tag) ? reply.code(304).send() : reply.code(status).send(body);
}
