import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyCookie from '@fastify/cookie';
import fastifyCors from '@fastify/cors';
import fastifyHelmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import { AppError, healthReportSchema, isPagePath, liveReportSchema, readyReportSchema } from '@parley/contracts';
import { checkJsonBounds } from '@parley/core/protocol/json-outline';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { checkHttpAnswers } from './answers/http-answers.js';
import { callBounds } from './call-bounds.js';
import { isAllowedOrigin } from './auth/origins.js';
import { contentSecurityPolicy } from './content-security-policy.js';
import { registerFiles } from './export/files.js';
import { discardRest } from './discard-rest.js';
import { answerUnreadable, sendError } from './http-errors.js';
import { addressKey } from './limits/address-key.js';
import { ensureOperator } from './operations/ensure-operator.js';
import { metricsPath } from './operations/refusal-log.js';
import { readHealth } from './operations/health.js';
import type { Surface } from './realtime/surface.js';
import { readBodyText } from './read-body-text.js';
import { connectionLimits, watchArrival } from './request-arrival.js';
import { browserHeaders, securityHeaders } from './security-headers.js';
import type { ApiServices } from './services.js';
import { unavailableError } from './trpc-errors.js';

/**
 * The most bytes of a request's body, but for files. Well above what any call needs, so that a message which is too large is refused by
 * its own error code, not by this limit. deploy/nginx/nginx.conf.template has the same.
 */
export const maxBodyBytes = 2 * 1024 * 1024;

export interface HttpServerOptions {
  /** False from the moment the process is asked to stop. */
  isReady(): boolean;
  socketCount(): number;
  reportError(error: unknown, context: object): void;
  surfaces: readonly Surface[];
}

/** HTTP: the surfaces' calls, files, the page, `/health`, `/ready`, `/metrics`. */
export async function buildHttpServer(services: ApiServices, options: HttpServerOptions): Promise<FastifyInstance> {
  const { env } = services;
  const app = fastify({
    bodyLimit: maxBodyBytes,
    ...connectionLimits(env.REQUEST_MS),
    // Trust one hop: the address that the nearest proxy saw. The caller may have written anything further back in the header.
    trustProxy: env.TRUST_PROXY ? (_address, hop) => hop === 0 : false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 5_000 },
    genReqId: () => randomUUID(),
    clientErrorHandler: answerUnreadable,
    // A path that cannot be decoded.
    frameworkErrors: (_error, request, reply) => {
      // The page says that nothing is there, once the path is one that can be decoded.
      if (services.webRoot && readsPage(request)) void reply.redirect(request.url.replaceAll('%', '%25'));
      else void sendError(reply, new AppError('VALIDATION', 'The address could not be read.'));
    },
  });

  const refused = (request: FastifyRequest, error: AppError, operation: string): AppError => {
    services.refusals.noteError(error, { address: addressKey(request.ip), operation, correlationId: request.id });
    return error;
  };

  // Set before any plugin is registered, because a plugin keeps the handler that it finds then.
  app.setErrorHandler((error: { statusCode?: number }, request, reply) => {
    if (AppError.is(error)) return sendError(reply, error);
    const unavailable = unavailableError(error);
    if (unavailable) return sendError(reply, unavailable);
    const status = error.statusCode ?? 500;
    if (status === 413) {
      // Fastify would close the connection, and a peer whose connection closes while it sends may never see the answer.
      void reply.removeHeader('connection');
      discardRest(request.raw);
      return sendError(reply, new AppError('PAYLOAD_TOO_LARGE'));
    }
    if (status < 500) return sendError(reply, new AppError('VALIDATION', 'The request could not be read. Check its form and headers.'));
    options.reportError(error, { path: shownPath(request), correlationId: request.id });
    return sendError(reply, new AppError('INTERNAL'));
  });

  // Bodies stay text until a surface parses them, and no surface gets one that would hold the process.
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, readBodyText);
  app.addHook('preValidation', async ({ body }) => {
    if (typeof body === 'string') checkJsonBounds(body, callBounds);
  });
  if (services.answers) checkHttpAnswers(app, services.answers);
  watchArrival(app, env.REQUEST_MS);
  // First, so that the refusals below carry these headers too.
  await app.register(fastifyHelmet, securityHeaders);
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(browserHeaders(request, env.PUBLIC_ORIGINS));
    if (!isAllowedOrigin(request.headers.origin, request.host, env)) {
      return sendError(reply, refused(request, new AppError('FORBIDDEN_ORIGIN'), shownPath(request)));
    }
    return undefined;
  });

  // Pages of the other PUBLIC_ORIGINS may call, with the cookie; all other origins were refused above.
  await app.register(fastifyCors, {
    origin: env.PUBLIC_ORIGINS.map((origin) => new URL(origin).origin),
    credentials: true,
    // An OPTIONS that is no preflight is answered too.
    strictPreflight: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['x-correlation-id', 'retry-after', 'ratelimit', 'ratelimit-policy', 'etag', 'allow', 'link'],
    maxAge: 600,
  });
  await app.register(fastifyCookie);
  for (const { routes } of options.surfaces) if (routes) await app.register(routes({ services, reportError: options.reportError }));

  app.get('/health', { config: { answers: healthReportSchema } }, async (_request, reply) => {
    const health = readHealth(services, options.socketCount());
    return reply.code(health.parts.database === 'ok' ? 200 : 503).send(health);
  });
  app.get('/live', { config: { answers: liveReportSchema } }, async () => ({ live: true }) as const);
  app.get('/ready', { config: { answers: readyReportSchema } }, async (_request, reply) => {
    // Most actions still work without the bus or Redis; none works without the database.
    const ready = options.isReady() && !services.parts.isAway('database');
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  if (env.METRICS_PORT === undefined) {
    app.get(metricsPath, async (request, reply) => {
      try {
        ensureOperator(request, env);
      } catch (error) {
        throw AppError.is(error) ? refused(request, error, metricsPath) : error;
      }
      return reply.type(services.registry.contentType).send(await services.registry.metrics());
    });
  }

  await app.register(registerFiles(services));

  if (services.webRoot) await servePage(app, services.webRoot, env.PUBLIC_ORIGINS);
  else app.setNotFoundHandler((_request, reply) => sendError(reply, new AppError('NOT_FOUND')));
  return app;
}

/** The path of a request as it may be logged: a query may hold a ticket, and the address of a hook is its secret. */
function shownPath({ url, routeOptions }: FastifyRequest): string {
  // However the path is spelled, the route that it found is known.
  if (routeOptions.url?.includes(':secret')) return routeOptions.url;
  return url.split('?', 1)[0]!.replace(/^(\/api\/hooks\/).*$/i, '$1…');
}

/** Addresses below which programs are served, or might expect to be. The page links to none of them. */
const forPrograms = /^\/(?:api|trpc|scim|v\d{1,3}|openapi\.json)(?:[/?]|$)/i;

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function readsPage(request: FastifyRequest): boolean {
  return isRead(request) && !forPrograms.test(request.url) && request.headers.accept?.includes('text/html') === true;
}

async function servePage(app: FastifyInstance, webRoot: string, publicOrigins: readonly string[]): Promise<void> {
  await access(join(webRoot, 'index.html'));
  await app.register(fastifyStatic, {
    root: webRoot,
    cacheControl: false,
    // The build writes .br and .gz beside each file.
    preCompressed: true,
    setHeaders(reply, path) {
      // Vite names every file under assets/ by a hash of its content, so such a file never changes.
      const immutable = path.startsWith(join(webRoot, 'assets'));
      void reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
      void reply.header('content-security-policy', contentSecurityPolicy(reply.request.host, publicOrigins));
    },
  });
  app.setNotFoundHandler((request, reply) => {
    if (isRead(request) && isPagePath(request.url.split('?', 1)[0]!)) return reply.sendFile('index.html');
    // Whoever follows a bad link in a browser is told by the page, which leads back. Programs get a problem, and so does whoever asks for
    // what only programs ask for, by whatever means.
    if (readsPage(request)) return reply.code(404).sendFile('index.html');
    return sendError(reply, new AppError('NOT_FOUND'));
  });
}
