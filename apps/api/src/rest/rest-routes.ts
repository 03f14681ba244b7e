import { AppError, operationNamed, operations, type OperationName } from '@parley/contracts';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { sendError } from '../http-errors.js';
import type { SurfaceDeps } from '../realtime/surface.js';
import { KeptAnswers } from './idempotency.js';
import { eventStreams, openApi } from './openapi.js';
import { referencePage, referencePolicy } from './reference-page.js';
import { referenceStyles } from './reference-styles.js';
import { restEndpoints, routerPath } from './rest-address.js';
import { sendData, serveEndpoint } from './serve-endpoint.js';

/** `/api`: the procedures as REST, each where the table of operations says. */
export function restRoutes(deps: SurfaceDeps): FastifyPluginAsync {
  return async (app) => {
    app.addContentTypeParser('*', (_request, _payload, done) =>
      done(new AppError('VALIDATION', 'Send JSON, with the header “content-type: application/json”.')),
    );
    const kept = new KeptAnswers(deps.services, (error) => deps.reportError(error, { operation: 'keep an answer' }));
    const methods = methodsOfFiles();
    const document = once(openApi);
    const json = once(() => JSON.stringify(document()));
    const page = once(() => referencePage(document()));
    app.get('/api/openapi.json', (request, reply) => sendData(request, reply, 200, json()));
    app.get('/api/docs', (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .headers({ 'content-security-policy': referencePolicy, 'cache-control': 'no-cache' })
        .send(page()),
    );
    app.get('/api/docs.css', (_request, reply) =>
      reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(referenceStyles),
    );
    for (const url of ['/api/openapi.json', '/api/docs', '/api/docs.css']) methods.set(url, ['GET']);
    for (const endpoint of restEndpoints()) {
      const url = routerPath(endpoint.path);
      app.route({ method: endpoint.method, url, handler: serveEndpoint(deps, kept, endpoint) });
      methods.set(url, [...(methods.get(url) ?? []), endpoint.method]);
    }
    for (const [url, taken] of methods) refuseOthers(app, url, taken.includes('GET') ? [...taken, 'HEAD'] : taken);
    for (const { path } of eventStreams) refuseOthers(app, routerPath(path), ['GET']);
  };
}

/** What is made when it is first asked for, and kept. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The methods of the routes that send and take files, which are registered elsewhere. */
function methodsOfFiles(): Map<string, string[]> {
  const streams = new Set<string>(eventStreams.map(({ name }) => name));
  const files = (Object.keys(operations) as OperationName[]).filter((name) => !streams.has(name));
  const routes = files.flatMap((name) => operationNamed(name).route ?? []);
  return new Map(routes.map((route) => route.split(' ') as [string, string]).map(([method, url]) => [url, [method]]));
}

const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Answers the methods that an address does not take, saying which it takes. */
function refuseOthers(app: FastifyInstance, url: string, taken: readonly string[]): void {
  const allowed = allMethods.filter((method) => taken.includes(method));
  const method = allMethods.filter((each) => !allowed.includes(each));
  app.route({
    method,
    url,
    handler: (_request, reply) => sendError(reply.header('allow', [...allowed, 'OPTIONS'].join(', ')), new AppError('METHOD_NOT_ALLOWED')),
  });
}
