import { AppError } from '@parley/contracts';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { copyScript, docsStyles } from '../../docs/docs-assets.js';
import { sendError } from '../../http-errors.js';
import type { Surface } from '../surface.js';

/** The pages load their styles and their one script from here, and nothing else. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `/docs`: the documents for whoever writes programs, rendered when somebody first asks for one. */
function docsRoutes(): FastifyPluginAsync {
  return async (app) => {
    let loading: Promise<{ index: string; page(name: string): string | null }> | null = null;
    const load = () =>
      (loading ??= import('../../docs/docs-pages.js').then(({ renderDocuments, indexPage, documentPage }) => {
        const all = renderDocuments();
        return { index: indexPage(all), page: (name) => (all.has(name) ? documentPage(all, name) : null) };
      }));
    const send = (reply: FastifyReply, type: string, text: string) =>
      reply.type(`${type}; charset=utf-8`).headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' }).send(text);
    app.get('/docs', async (_request, reply) => send(reply, 'text/html', (await load()).index));
    app.get('/docs/', (_request, reply) => reply.redirect('/docs', 301));
    app.get('/docs/style.css', (_request, reply) => send(reply, 'text/css', docsStyles));
    app.get('/docs/copy.js', (_request, reply) => send(reply, 'text/javascript', copyScript));
    app.get<{ Params: { name: string } }>('/docs/:name', async (request, reply) => {
      const page = (await load()).page(request.params.name);
      return page === null ? sendError(reply, new AppError('NOT_FOUND')) : send(reply, 'text/html', page);
    });
  };
}

export default { routes: docsRoutes } satisfies Surface;
