import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { AccessTokens } from './access-tokens.js';

const secret = 'a secret for tests, of at least 32 bytes';
const who = {
  userId: '019a0000-0000-7000-8000-000000000b0b',
  sessionId: '019a0000-0000-7000-8000-0000000005e5',
  username: 'bob',
  role: 'user',
} as const;

describe('AccessTokens', () => {
  it('gives back who it was issued to, and until when', async () => {
    const now = Date.parse('2026-11-20T12:00:00.750Z');
    const tokens = new AccessTokens({ secret, now: () => now });
    const { accessToken, expiresAt } = await tokens.issue(who);
    expect(expiresAt).toBe('2026-11-20T12:15:00.000Z');
    expect(await tokens.verify(accessToken)).toEqual({ ...who, expiresAt: Date.parse(expiresAt) });
  });

  it('says TOKEN_EXPIRED once it is over, so that the client knows to refresh', async () => {
    let now = Date.parse('2026-11-20T12:00:00Z');
    const tokens = new AccessTokens({ secret, ttlMs: 60_000, now: () => now });
    const { accessToken } = await tokens.issue(who);
    now += 59_000;
    await expect(tokens.verify(accessToken)).resolves.toMatchObject(who);
    now += 1_000;
    await expect(tokens.verify(accessToken)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it('refuses a token of another secret, a changed one, an unsigned one and noise', async () => {
    const tokens = new AccessTokens({ secret });
    const { accessToken } = await new AccessTokens({ secret: `${secret}!` }).issue(who);
    const own = (await tokens.issue(who)).accessToken;
    const [header, , signature] = own.split('.');
    const forged = Buffer.from(JSON.stringify({ sub: who.userId, sid: who.sessionId, username: 'bob', role: 'admin', exp: 4e9 }));
    const unsigned = new UnsecuredJWT({ sid: who.sessionId, username: 'bob', role: 'admin' })
      .setSubject(who.userId)
      .setIssuedAt()
      .setExpirationTime('1h')
      .encode();
    for (const token of [
      accessToken,
      `${header}.${forged.toString('base64url')}.${signature}`,
      unsigned,
      '',
      'a.b.c',
      'x'.repeat(10_000),
    ]) {
      await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  it('refuses a well-signed token that lacks a claim', async () => {
    const tokens = new AccessTokens({ secret });
    const token = await new SignJWT({ username: 'bob', role: 'user' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(who.userId)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(Buffer.from(secret));
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('wants a secret of 32 bytes', () => {
    expect(() => new AccessTokens({ secret: 'x'.repeat(31) })).toThrow(TypeError);
    expect(() => new AccessTokens({ secret: 'x'.repeat(32) })).not.toThrow();
  });
});
