import { AppError } from '@parley/contracts';
import type { ProviderClaims } from '@parley/core/accounts/provider-claims';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import type { ProviderSettings } from './provider-settings.js';

/** How long a provider may take to answer, in seconds: somebody looks at an empty page meanwhile. */
const answerSeconds = 10;
/** How long a provider's description is taken for true, in milliseconds: its addresses and keys change seldom. */
const describedMs = 3_600_000;
/** How long nobody asks again after a provider did not answer, in milliseconds, so that a crowd does not ask at once. */
const failedMs = 1_000;
/** How old a logout token may be, in seconds: it is sent at once, and sent again for a while where we were away. */
const logoutTokenSeconds = 600;
/** The most groups of a token that are looked at. */
const maxGroups = 10_000;
/** The longest name of a group, in UTF-16 units. */
const maxGroupLength = 200;
/** The longest subject or session id of a provider, in UTF-16 units: OpenID Connect allows 255. */
const maxSubjectLength = 255;
/** The longest ID token that is kept to be named at the sign-out, in bytes. */
const maxKeptToken = 8_192;

/** What must come back from the provider as it was sent. */
export interface SentRequest {
  state: string;
  nonce: string;
  verifier: string;
  /** True if the person must prove to the provider anew who they are. */
  fresh: boolean;
}

/** What a logout of a provider is about: one of the two at least. */
export interface LogoutOrder {
  subject: string | null;
  sid: string | null;
  jti: string;
  expiresAt: Date;
}

/** Speaks OpenID Connect with one provider, which may be away: nothing is asked of it before somebody signs in. */
export class ProviderClient {
  readonly settings: ProviderSettings;
  readonly #now: () => number;
  #described: { at: number; config: Promise<oidc.Configuration> } | null = null;
  #keys: { uri: string; get: ReturnType<typeof createRemoteJWKSet> } | null = null;

  /** @param now the clock, in milliseconds since the epoch */
  constructor(settings: ProviderSettings, now: () => number = Date.now) {
    this.settings = settings;
    this.#now = now;
  }

  /** Where the person's browser is sent, and what must come back. @throws AppError UNAVAILABLE while the provider is away */
  async begin(redirectUri: string, fresh: boolean): Promise<{ url: URL; sent: SentRequest }> {
    const config = await this.#configuration();
    const sent: SentRequest = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier(), fresh };
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: this.settings.scopes,
      state: sent.state,
      nonce: sent.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(sent.verifier),
      code_challenge_method: 'S256',
      ...(fresh && { prompt: 'login', max_age: '0' }),
    });
    return { url, sent };
  }

  /**
   * Takes what the browser brought back, and asks the provider who it is.
   *
   * @param url the address that the browser was sent to, with its query
   * @throws AppError UNAVAILABLE while the provider is away; FORBIDDEN for an answer that is not to what was sent, or that refuses
   */
  async finish(url: URL, { state, nonce, verifier, fresh }: SentRequest): Promise<ProviderClaims> {
    const config = await this.#configuration();
    try {
      const tokens = await oidc.authorizationCodeGrant(config, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
        // A minute: the person typed it while the provider waited, and clocks differ.
        ...(fresh && { maxAge: 60 }),
      });
      const claims = tokens.claims();
      if (!claims) throw new AppError('FORBIDDEN', 'The provider did not say who you are. Try again.');
      const more = needsMore(claims, this.settings.groupsClaim) ? await this.#userInfo(config, tokens.access_token, claims.sub) : {};
      return this.#read({ ...more, ...claims }, tokens.id_token ?? null);
    } catch (error) {
      throw refusal(error, this.settings.name);
    }
  }

  /**
   * Reads a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6). Whether it was used before is for the caller to find out.
   *
   * @throws AppError UNAVAILABLE while the provider is away; VALIDATION for a token that it did not make for us
   */
  async readLogout(token: string): Promise<LogoutOrder> {
    const { jwks_uri, issuer } = (await this.#configuration()).serverMetadata();
    if (!jwks_uri) throw new AppError('VALIDATION', 'The provider publishes no keys.');
    if (this.#keys?.uri !== jwks_uri) {
      this.#keys = { uri: jwks_uri, get: createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: answerSeconds * 1000 }) };
    }
    try {
      const { payload } = await jwtVerify(token, this.#keys.get, {
        issuer,
        audience: this.settings.clientId,
        // Only signatures by keys that the provider publishes: neither `none`, nor our own secret.
        algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
        requiredClaims: ['iat', 'jti', 'events'],
        maxTokenAge: logoutTokenSeconds,
        clockTolerance: 60,
      });
      const { events, nonce, sub, sid, jti, iat } = payload;
      const isLogout = typeof events === 'object' && events !== null && 'http://schemas.openid.net/event/backchannel-logout' in events;
      if (!isLogout || nonce !== undefined || (sub === undefined && sid === undefined)) throw new AppError('VALIDATION');
      return {
        subject: bounded(sub),
        sid: bounded(sid),
        jti: String(jti).slice(0, maxSubjectLength),
        expiresAt: new Date((iat! + logoutTokenSeconds + 120) * 1000),
      };
    } catch (error) {
      throw new AppError('VALIDATION', 'This is no logout token of this provider for this server.', { cause: error });
    }
  }

  /** Where the person's browser signs out of the provider too; null where the provider has no such address, or is away. */
  async signOutUrl(idToken: string | null, back: string): Promise<string | null> {
    try {
      const config = await this.#configuration();
      if (!config.serverMetadata().end_session_endpoint) return null;
      return oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: back, ...(idToken !== null && { id_token_hint: idToken }) }).href;
    } catch {
      return null;
    }
  }

  /** The issuer as the provider itself writes it. @throws AppError UNAVAILABLE */
  async issuer(): Promise<string> {
    return (await this.#configuration()).serverMetadata().issuer;
  }

  async #userInfo(config: oidc.Configuration, accessToken: string, subject: string): Promise<object> {
    return config.serverMetadata().userinfo_endpoint ? await oidc.fetchUserInfo(config, accessToken, subject) : {};
  }

  #read(claims: Record<string, unknown>, idToken: string | null): ProviderClaims {
    const subject = bounded(claims['sub']);
    if (subject === null) throw new AppError('FORBIDDEN', 'The provider did not say who you are. Try again.');
    const email = text(claims['email'], 254);
    const authTime = claims['auth_time'];
    return {
      subject,
      email,
      emailVerified: email !== null && (claims['email_verified'] === true || this.settings.trustEmail),
      name: text(claims['name'], 200) ?? text([claims['given_name'], claims['family_name']].filter(Boolean).join(' '), 200),
      preferredUsername: text(claims['preferred_username'], 200),
      groups: groupsOf(claims[this.settings.groupsClaim]),
      sid: bounded(claims['sid']),
      provedAt: typeof authTime === 'number' ? new Date(Math.min(authTime * 1000, this.#now())) : null,
      idToken: idToken !== null && idToken.length <= maxKeptToken ? idToken : null,
    };
  }

  #configuration(): Promise<oidc.Configuration> {
    const known = this.#described;
    if (known && this.#now() - known.at < describedMs) return known.config;
    const described = { at: this.#now(), config: this.#discover(known?.config) };
    this.#described = described;
    described.config.catch(() => {
      // Asked again a moment later.
      described.at = this.#now() - describedMs + failedMs;
    });
    return described.config;
  }

  async #discover(earlier: Promise<oidc.Configuration> | undefined): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret, name } = this.settings;
    try {
      const url = new URL(issuer);
      return await oidc.discovery(url, clientId, clientSecret, clientSecret === undefined ? oidc.None() : bySupport(clientSecret), {
        timeout: answerSeconds,
        // Settings allow http on this machine alone.
        execute: [oidc.enableNonRepudiationChecks, ...(url.protocol === 'http:' ? [oidc.allowInsecureRequests] : [])],
      });
    } catch (error) {
      // What it said an hour ago is better than nothing.
      const before = await earlier?.catch(() => null);
      if (before) return before;
      throw new AppError('UNAVAILABLE', `${name} does not answer for the moment. Try again in a minute.`, { cause: error });
    }
  }
}

/** Sends the secret in the way that the provider says it takes; where it says nothing, in that of the standard. */
function bySupport(secret: string): oidc.ClientAuth {
  const [basic, post] = [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const ways = server.token_endpoint_auth_methods_supported;
    const way = !ways || ways.includes('client_secret_basic') ? basic : post;
    return way(server, client, body, headers);
  };
}

function needsMore(claims: Record<string, unknown>, groupsClaim: string): boolean {
  return [groupsClaim, 'email', 'name', 'preferred_username'].some((claim) => claims[claim] === undefined);
}

function refusal(error: unknown, name: string): AppError {
  if (AppError.is(error)) return error;
  if (error instanceof oidc.AuthorizationResponseError) {
    const denied = error.error === 'access_denied';
    return new AppError('FORBIDDEN', denied ? `${name} did not let you in.` : `${name} could not sign you in. Try again.`, {
      cause: error,
    });
  }
  const code = (error as { code?: string } | null)?.code;
  if (error instanceof TypeError || code === 'OAUTH_TIMEOUT' || (error as Error | null)?.name === 'TimeoutError') {
    return new AppError('UNAVAILABLE', `${name} does not answer for the moment. Try again in a minute.`, { cause: error });
  }
  return new AppError('FORBIDDEN', `What ${name} answered does not fit what was asked. Try again.`, { cause: error });
}

/** A text of a token, without what no name may have; null where there is none. */
function text(value: unknown, maxLength: number): string | null {
  if (typeof value !== 'string' || !value.isWellFormed()) return null;
  const trimmed = value.replaceAll('\0', '').trim();
  return trimmed === '' || trimmed.length > maxLength ? null : trimmed;
}

/** An identifier of a token, which must be as it is. */
function bounded(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= maxSubjectLength && value.isWellFormed() && !value.includes('\0')
    ? value
    : null;
}

function groupsOf(value: unknown): string[] {
  const given = typeof value === 'string' ? [value] : Array.isArray(value) ? value.slice(0, maxGroups) : [];
  return [...new Set(given.flatMap((group) => text(group, maxGroupLength) ?? []))];
}
