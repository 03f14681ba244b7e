import { AppError } from '@parley/contracts';
import { endProviderSessions, noteLogoutToken, wasUsed } from '@parley/core/doors/end-provider-sessions';
import { signInByProvider } from '@parley/core/accounts/sign-in-by-provider';
import { inCall } from '@parley/bus';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callOf } from '../../call-of.js';
import { sendError } from '../../http-errors.js';
import { addressKey } from '../../limits/address-key.js';
import { readBodyText } from '../../read-body-text.js';
import type { SurfaceDeps } from '../../realtime/surface.js';
import { cookiePlace, setRefreshCookies, type Seen } from '../refresh-cookie.js';
import { DoorCookie, doorSeconds, pathOfPage } from './door-cookie.js';
import type { ProviderClient } from './provider-client.js';

const base = '/api/auth/oidc/:provider';
/** The most bytes of a logout token's request. */
const maxLogoutBytes = 64 * 1024;

type Asked = FastifyRequest<{ Params: { provider: string }; Querystring: Record<string, unknown> }>;

/**
 * The way in by a provider of identities: `start` sends the browser there, `callback` is where it comes back to. `backchannel-logout` and
 * `frontchannel-logout` are how the provider says that somebody signed out there.
 *
 * What happens in a browser ends on the page in any case, which is told by a code what went wrong: a stranger who leads somebody here can
 * show them no text of their own.
 */
export function oidcRoutes({ services, reportError }: SurfaceDeps): FastifyPluginAsync {
  const { providers, env, core, limits, limitRules, calls } = services;

  return async (app) => {
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, readBodyText);
    app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));

    app.get(`${base}/start`, async (request: Asked, reply) =>
      inBrowser(request, reply, async (client) => {
        const { next, fresh } = request.query;
        const { url, sent } = await client.begin(redirectUri(request, client), fresh === '1');
        const sealed = await providers.cookie.seal({ ...sent, provider: client.settings.id, next: pathOfPage(next) });
        const { secure } = cookiePlace(seen(request), env.PUBLIC_ORIGINS);
        // Lax: the browser comes back from another site.
        void reply.setCookie(DoorCookie.nameOf(sent.state), sealed, {
          httpOnly: true,
          sameSite: 'lax',
          secure,
          path: '/api/auth/oidc',
          maxAge: doorSeconds,
        });
        return url.href;
      }),
    );

    app.get(`${base}/callback`, async (request: Asked, reply) =>
      inBrowser(request, reply, async (client) => {
        const { state } = request.query;
        const name = DoorCookie.nameOf(typeof state === 'string' ? state : '');
        const kept = await providers.cookie.open(request.cookies[name]);
        void reply.clearCookie(name, { path: '/api/auth/oidc' });
        // Not begun in this browser, not at this provider, or a quarter of an hour ago.
        if (!kept || kept.provider !== client.settings.id || kept.state !== state) throw new StaleSignIn();
        const url = new URL(redirectUri(request, client));
        url.search = new URL(request.url, url).search;
        const claims = await client.finish(url, kept);
        const { id, link, signUp } = client.settings;
        const rules = { id, link, signUp, adminGroups: providers.adminGroups };
        const made = await calls.run(() => signInByProvider({ ...core, tokens: services.tokens }, rules, claims));
        setRefreshCookies({ request: seen(request), reply }, env, made.refreshToken);
        return onPage(request, kept.next);
      }),
    );

    app.post(`${base}/backchannel-logout`, { bodyLimit: maxLogoutBytes }, async (request: Asked, reply) => {
      try {
        const client = await named(request);
        const token = new URLSearchParams(typeof request.body === 'string' ? request.body : '').get('logout_token');
        if (token === null) throw new AppError('VALIDATION', 'logout_token: send the logout token in a form.', { field: 'logout_token' });
        const { id: provider, logoutEndsKeys: keys } = client.settings;
        const { subject, sid, jti, expiresAt } = await client.readLogout(token);
        await inCall(callOf(request, addressKey(request.ip)), () =>
          calls.run(async () => {
            if (await wasUsed(core, { provider, jti })) throw new AppError('VALIDATION', 'This logout token was used before.');
            // Noted afterwards: where the database goes away in between, the provider sends it again.
            await endProviderSessions(core, { provider, subject, sid, keys });
            await noteLogoutToken(core, { provider, jti, expiresAt });
          }),
        );
        return await reply.code(200).send();
      } catch (error) {
        return refuse(request, reply, error);
      }
    });

    // Loaded in a hidden frame of the provider's page. A browser may well send no cookie with it, so it counts by what the address says.
    app.get(`${base}/frontchannel-logout`, async (request: Asked, reply) => {
      try {
        const client = await named(request);
        const { iss, sid } = request.query;
        if (typeof sid !== 'string' || sid === '' || sid.length > 255)
          throw new AppError('VALIDATION', 'sid: the provider must send it.', { field: 'sid' });
        if (iss !== (await client.issuer()))
          throw new AppError('VALIDATION', 'iss: this is not the issuer of this provider.', { field: 'iss' });
        const { id: provider, logoutEndsKeys: keys } = client.settings;
        await inCall(callOf(request, addressKey(request.ip)), () =>
          calls.run(() => endProviderSessions(core, { provider, subject: null, sid, keys })),
        );
        return await reply.type('text/html; charset=utf-8').send('<!doctype html><title>Signed out</title>');
      } catch (error) {
        return refuse(request, reply, error);
      }
    });
  };

  /** @throws AppError NOT_FOUND; RATE_LIMITED */
  async function named(request: Asked): Promise<ProviderClient> {
    const client = providers.get(request.params.provider);
    if (!client) throw new AppError('NOT_FOUND', 'There is no such provider of identities.');
    await limits.consume(limitRules.refresh, `${addressKey(request.ip)} ${client.settings.id}`);
    return client;
  }

  /** Sends the browser to where `work` says; after an error to the page, which says so. */
  async function inBrowser(request: Asked, reply: FastifyReply, work: (client: ProviderClient) => Promise<string>): Promise<FastifyReply> {
    let to: string;
    try {
      const client = await named(request);
      to = await inCall(callOf(request, addressKey(request.ip)), () => work(client));
    } catch (error) {
      note(request, error);
      to = onPage(request, `/sign-in#door=${problemOf(error)}`);
    }
    return reply.redirect(to, 302);
  }

  function refuse(request: Asked, reply: FastifyReply, error: unknown): FastifyReply {
    note(request, error);
    return sendError(reply, AppError.is(error) ? error : new AppError('INTERNAL'));
  }

  function note(request: Asked, error: unknown): void {
    const { provider } = request.params;
    if (!AppError.is(error)) {
      if (!(error instanceof StaleSignIn)) reportError(error, { operation: 'oidc', provider, correlationId: request.id });
      return;
    }
    if (error.code === 'UNAVAILABLE') services.log.warn({ err: error, provider }, 'a provider of identities does not answer');
    services.refusals.noteError(error, { address: addressKey(request.ip), operation: 'auth.oidc', correlationId: request.id });
  }

  /** The origin under which people see the page: of several, the one whose name was asked for. */
  function pageOrigin(request: FastifyRequest): string {
    const origins = env.PUBLIC_ORIGINS.map((origin) => new URL(origin).origin);
    return origins.find((origin) => new URL(origin).host === request.host) ?? origins[0] ?? `${request.protocol}://${request.host}`;
  }

  /** Where a path of the page is. Where no origin is set it is that of this address, whatever name the request gave it. */
  function onPage(request: FastifyRequest, path: string): string {
    return env.PUBLIC_ORIGINS.length === 0 ? path : `${pageOrigin(request)}${path}`;
  }

  function redirectUri(request: FastifyRequest, { settings }: ProviderClient): string {
    return `${pageOrigin(request)}/api/auth/oidc/${settings.id}/callback`;
  }

  /** The request as one of the page's: a browser that is sent here states no Origin. */
  function seen(request: FastifyRequest): Seen {
    return { headers: { origin: pageOrigin(request) }, host: request.host, protocol: request.protocol };
  }
}

/** The answer of a provider that belongs to no sign-in that this browser began lately. */
class StaleSignIn extends Error {
  override readonly name = 'StaleSignIn';
}

/** What the page says went wrong. */
function problemOf(error: unknown): string {
  if (error instanceof StaleSignIn) return 'again';
  if (!AppError.is(error)) return 'failed';
  switch (error.code) {
    case 'UNAVAILABLE':
    case 'RATE_LIMITED':
      return 'away';
    case 'ACCOUNT_DISABLED':
      return 'disabled';
    case 'REGISTRATION_CLOSED':
      return 'closed';
    case 'NOT_FOUND':
      return 'unknown';
    default:
      return 'refused';
  }
}
