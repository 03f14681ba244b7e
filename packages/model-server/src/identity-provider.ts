import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importJWK, SignJWT, type JWTPayload } from 'jose';
import { Provider, type Configuration } from 'oidc-provider';

/** Somebody whom the provider knows, by their subject: what its tokens say of them. */
export type Person = Record<string, unknown> & { sub: string };

/**
 * A provider of identities by OpenID Connect, as a real server, for tests. Whoever comes is signed in at once as {@link person}; there is no
 * page to fill in. It is closed by hand, or at the end of the test's scope.
 */
export class IdentityProvider implements AsyncDisposable {
  readonly issuer: string;
  readonly clientId = 'parley';
  readonly clientSecret = 'a secret that the provider and the server share';
  /** Who signs in at the next visit; null: the person refuses. */
  person: Person | null = null;
  /** True while it answers nothing but errors. */
  away = false;
  /** Requests that were answered, as `GET /path`, in order. */
  readonly asked: string[] = [];
  readonly #people = new Map<string, Person>();
  readonly #server: ReturnType<typeof createServer>;
  readonly #key: JsonWebKey & { kid: string; alg: string };
  #handle: ((request: IncomingMessage, response: ServerResponse) => void) | null = null;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#key = { ...privateKey.export({ format: 'jwk' }), kid: 'only', alg: 'RS256' };
    server.on('request', (request, response) => {
      const path = new URL(request.url ?? '/', this.issuer).pathname;
      this.asked.push(`${request.method} ${path}`);
      if (this.away || !this.#handle) return void response.writeHead(503).end();
      this.#handle(request, response);
    });
  }

  static async start(): Promise<IdentityProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new IdentityProvider(server);
  }

  /** Variables by which a server knows this provider. @param id in capitals @param more of this provider, without `OIDC_<ID>_` */
  variables(id: string, more: Record<string, string> = {}): Record<string, string> {
    const own = { ISSUER: this.issuer, CLIENT_ID: this.clientId, CLIENT_SECRET: this.clientSecret, ...more };
    return Object.fromEntries(Object.entries(own).map(([name, value]) => [`OIDC_${id}_${name}`, value]));
  }

  /** Begins to answer, for a server whose page is at `origin`. @param id in lower case, as its addresses have it */
  serve(origin: string, id: string): void {
    const at = `${origin}/api/auth/oidc/${id}`;
    const configuration: Configuration = {
      clients: [
        {
          client_id: this.clientId,
          client_secret: this.clientSecret,
          redirect_uris: [`${at}/callback`],
          post_logout_redirect_uris: [`${origin}/sign-in`],
          backchannel_logout_uri: `${at}/backchannel-logout`,
          backchannel_logout_session_required: true,
        },
      ],
      jwks: { keys: [this.#key as never] },
      cookies: { keys: ['a key of the provider'] },
      claims: {
        openid: ['sub'],
        profile: ['name', 'preferred_username', 'picture', 'groups'],
        email: ['email', 'email_verified'],
        // Asked for by max_age.
        auth_time: null as never,
      },
      features: {
        devInteractions: { enabled: false },
        backchannelLogout: { enabled: true },
        rpInitiatedLogout: { enabled: true },
      },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      findAccount: (_context, sub) => ({ accountId: sub, claims: () => Promise.resolve(this.#people.get(sub) ?? { sub }) }),
      // Nobody is asked what the server may know of them.
      loadExistingGrant: async (context) => {
        const grant = new context.oidc.provider.Grant({
          accountId: context.oidc.session!.accountId!,
          clientId: context.oidc.client!.clientId,
        });
        grant.addOIDCScope('openid profile email');
        await grant.save();
        return grant;
      },
      pkce: { required: () => true },
      // It calls the server's addresses, which are on this machine.
      fetch: (url, options) => fetch(url, options as RequestInit),
      ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    };
    const provider = new Provider(this.issuer, configuration);
    const callback = provider.callback();
    this.#handle = (request, response) => {
      if (request.url?.startsWith('/interaction/')) void this.#interact(provider, request, response);
      else void callback(request, response);
    };
  }

  async #interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { person } = this;
    if (person) this.#people.set(person.sub, person);
    const result = person ? { login: { accountId: person.sub } } : { error: 'access_denied', error_description: 'The person said no.' };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  /** A logout token as this provider makes them, or nearly. @param changes of its claims; undefined leaves one out @param header of its header */
  async logoutToken(changes: JWTPayload, header: { alg?: string; typ?: string; kid?: string } = {}): Promise<string> {
    const claims: JWTPayload = {
      iss: this.issuer,
      aud: this.clientId,
      iat: Math.floor(Date.now() / 1000),
      exp: Math.floor(Date.now() / 1000) + 120,
      jti: crypto.randomUUID(),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      ...changes,
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'logout+jwt', kid: this.#key.kid, ...header })
      .sign(await importJWK(this.#key as never, 'RS256'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
