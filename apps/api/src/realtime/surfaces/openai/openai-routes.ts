import { AppError, type CompletionEvent, type ModelView } from '@parley/contracts';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { httpCaller } from '../../../auth/http-caller.js';
import { callOf } from '../../../call-of.js';
import { callProcedures, type ProcedureCaller } from '../../../call-procedures.js';
import { discardRest } from '../../../discard-rest.js';
import { RateLimitHeaders } from '../../../rest/rate-limit-headers.js';
import { knownError } from '../../../trpc-errors.js';
import type { SurfaceDeps } from '../../surface.js';
import { EventStream } from '../sse/event-stream.js';
import { chatCompletion, ChatChunks, dataBlock, type FinishReason } from './chat-answer.js';
import { readChatRequest, type ChatRequest } from './chat-request.js';
import { openAiError, openAiFailure, sendOpenAiError, type OpenAiError } from './openai-error.js';

/** How long a streamed answer waits for its first text before it begins, in milliseconds: until then an error has its own status. */
const headMs = 10_000;

/** The methods of each address. */
const addresses: Record<string, readonly string[]> = {
  '/v1/chat/completions': ['POST'],
  '/v1/models': ['GET', 'HEAD'],
};

/** Carries an error in OpenAI’s shape to the answer. */
class Refused extends Error {
  readonly answer: OpenAiError;

  constructor(answer: OpenAiError) {
    super(answer.error.message);
    this.answer = answer;
  }
}

/** `POST /v1/chat/completions`, `GET /v1/models` and `GET /v1/models/{model}`. */
export function openAiRoutes({ services, reportError }: SurfaceDeps): FastifyPluginAsync {
  const { env } = services;

  const answerOf = (thrown: unknown, request: FastifyRequest, params: Record<string, string> = {}): OpenAiError => {
    if (thrown instanceof Refused) return thrown.answer;
    const error = knownError(thrown);
    if (error.code === 'INTERNAL') reportError(thrown, { path: request.url.split('?', 1)[0], correlationId: request.id });
    return openAiError(error, params);
  };

  /** Calls procedures for a request. @throws AppError for a caller who is not signed in, whatever the request has: no address here is for strangers */
  const proceduresFor = async (request: FastifyRequest, reply: FastifyReply, signal?: AbortSignal): Promise<ProcedureCaller> => {
    const caller = await httpCaller(services, request);
    if (!caller.actor) throw caller.authError ?? new AppError('UNAUTHENTICATED');
    const limits = new RateLimitHeaders();
    const call = callOf(request, caller.address);
    const noteLimit: typeof limits.note = (...noted) => {
      limits.note(...noted);
      if (!reply.sent) void reply.headers(limits.headers);
    };
    const context = { ...caller, services, call, operation: null, noteLimit, socket: null, http: { request, reply } };
    return callProcedures(context, signal && { signal });
  };

  async function complete(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | void> {
    let params: Record<string, string> = {};
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort(new Error('the caller has gone')));
    let to: EventStream | null = null;
    try {
      const procedures = await proceduresFor(request, reply, gone.signal);
      const chat = readChatRequest(jsonOf(request.body));
      ({ params } = chat);
      const events = (await procedures.models.complete(chat.input))[Symbol.asyncIterator]() as AsyncIterator<CompletionEvent, void>;
      try {
        if (!chat.stream)
          return reply
            .type('application/json; charset=utf-8')
            .header('cache-control', 'no-store')
            .send(await wholeAnswer(events));
        to = new EventStream(reply, {
          limits: { lossyUnsentBytes: env.SOCKET_LOSSY_BYTES, maxUnsentBytes: env.SOCKET_MAX_BYTES, maxHeldBatches: 1_000 },
          heartbeatMs: env.STREAM_HEARTBEAT_MS,
        });
        await streamAnswer(events, to, chat);
      } finally {
        await events.return?.();
      }
    } catch (error) {
      if (gone.signal.aborted) return;
      const answer = answerOf(error, request, params);
      if (!to?.hasBegun) return sendOpenAiError(reply, answer);
      to.writeFrames(dataBlock({ error: answer.error }));
    }
    to?.end();
  }

  return async (app) => {
    app.addContentTypeParser('*', (_request, _payload, done) =>
      done(new AppError('VALIDATION', 'Send JSON, with the header “content-type: application/json”.')),
    );
    app.setErrorHandler((thrown: { statusCode?: number }, request, reply) => {
      const status = AppError.is(thrown) ? undefined : thrown.statusCode;
      if (status === 413) {
        void reply.removeHeader('connection');
        discardRest(request.raw);
        return sendOpenAiError(reply, openAiError(new AppError('PAYLOAD_TOO_LARGE')));
      }
      if (status !== undefined && status < 500) return sendOpenAiError(reply, openAiError(new AppError('VALIDATION')));
      return sendOpenAiError(reply, answerOf(thrown, request));
    });
    app.addHook('onRequest', async (request, reply) => void reply.headers({ 'x-correlation-id': request.id, 'x-request-id': request.id }));

    app.post('/v1/chat/completions', (request, reply) => complete(request, reply));
    app.get('/v1/models', async (request, reply) => {
      try {
        const models = await (await proceduresFor(request, reply)).models.characters();
        return send(reply, { object: 'list', data: models.map(modelOf) });
      } catch (error) {
        return sendOpenAiError(reply, answerOf(error, request));
      }
    });
    app.get('/v1/models/:model', async (request, reply) => {
      try {
        const { model } = request.params as { model: string };
        return send(reply, modelOf(await (await proceduresFor(request, reply)).models.get({ model })));
      } catch (error) {
        return sendOpenAiError(reply, answerOf(error, request));
      }
    });
    app.all('/v1/*', (request, reply) => refuseAddress(request, reply));
    for (const [url, taken] of Object.entries(addresses)) {
      const method = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((each) => !taken.includes(each));
      app.route({ method, url, handler: refuseAddress });
    }
  };
}

/** Collects an answer. @throws Refused */
async function wholeAnswer(events: AsyncIterator<CompletionEvent, void>): Promise<string> {
  let begun: Extract<CompletionEvent, { type: 'begun' }> | undefined;
  let content = '';
  for (let next = await events.next(); !next.done; next = await events.next()) {
    const event = next.value;
    switch (event.type) {
      case 'begun':
        begun = event;
        break;
      case 'text':
        content += event.text;
        break;
      case 'failed':
        throw new Refused(openAiFailure(event));
      case 'end':
        return JSON.stringify(chatCompletion(begun!, content, event.reason, event.usage));
    }
  }
  throw new AppError('UNAVAILABLE');
}

/** Streams an answer. It begins with the first text, or after a while without one. @throws Refused */
async function streamAnswer(events: AsyncIterator<CompletionEvent, void>, to: EventStream, options: ChatRequest): Promise<void> {
  let chunks: ChatChunks | undefined;
  const begin = () => {
    if (to.hasBegun) return;
    to.begin(null);
    to.writeFrames(chunks!.first());
  };
  let patience: NodeJS.Timeout | undefined;
  try {
    for (let next = await events.next(); !next.done; next = await events.next()) {
      const event = next.value;
      switch (event.type) {
        case 'begun':
          chunks = new ChatChunks(event, options);
          patience = setTimeout(begin, headMs);
          break;
        case 'text':
          begin();
          to.writeFrames(chunks!.text(event.text));
          await to.room();
          break;
        case 'failed':
          throw new Refused(openAiFailure(event));
        case 'end':
          begin();
          to.writeFrames(chunks!.end(event.reason satisfies FinishReason, event.usage));
          return;
      }
    }
  } finally {
    clearTimeout(patience);
  }
}

function send(reply: FastifyReply, answer: object): FastifyReply {
  return reply.type('application/json; charset=utf-8').header('cache-control', 'private, no-cache').send(JSON.stringify(answer));
}

function modelOf({ model, createdAt }: ModelView): object {
  return { id: model, object: 'model', created: Math.floor(Date.parse(createdAt) / 1000), owned_by: 'parley' };
}

function refuseAddress(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0]!;
  const taken = Object.hasOwn(addresses, path) ? addresses[path]! : null;
  if (taken) {
    return sendOpenAiError(reply.header('allow', [...taken, 'OPTIONS'].join(', ')), openAiError(new AppError('METHOD_NOT_ALLOWED')));
  }
  const known = 'There are POST /v1/chat/completions, GET /v1/models and GET /v1/models/{model}.';
  return sendOpenAiError(reply, openAiError(new AppError('NOT_FOUND', `This address is none of this server’s. ${known}`)));
}

function jsonOf(body: unknown): unknown {
  try {
    if (typeof body === 'string') return JSON.parse(body);
  } catch {
    // Said below.
  }
  throw new AppError('VALIDATION', 'The body must be a JSON object, sent with the header “content-type: application/json”.');
}
