import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SignedIn } from '../calls.js';
import type { Environment } from '../environment.js';
import { networkError, serverError } from '../testing/call-errors.js';
import { signedIn } from '../testing/tokens.js';
import { AuthSession } from './auth-session.js';

const lifeMs = 900_000;

function setUp(options: { transport?: 'cookie' | 'token'; refreshToken?: string } = {}) {
  let n = 1;
  const calls = {
    register: { mutate: vi.fn(async (_input: object): Promise<SignedIn> => signedIn(n++)) },
    login: { mutate: vi.fn(async (_input: object): Promise<SignedIn> => signedIn(n++)) },
    refresh: { mutate: vi.fn(async (_input: object): Promise<SignedIn> => signedIn(n++)) },
    logout: { mutate: vi.fn(async () => ({ ok: true as const })) },
  };
  const environment: Environment = {
    isOnline: () => true,
    isHidden: () => false,
    onChange: () => () => {},
    exclusively: (_name, task) => task(),
    close() {},
  };
  const onRenewed = vi.fn();
  const onRefreshToken = vi.fn();
  const auth = new AuthSession({
    calls: calls as never,
    environment,
    transport: 'token',
    onRenewed,
    onRefreshToken,
    backoff: { random: () => 0.5 },
    ...options,
  });
  return { auth, calls, onRenewed, onRefreshToken };
}

const login = { username: 'anna', password: 'a password' };

describe('who is signed in', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is unknown, then whoever the server says', async () => {
    const { auth, calls } = setUp();
    const told = vi.fn();
    auth.subscribe(told);
    expect(auth.state).toEqual({ kind: 'unknown' });
    await auth.login(login);
    expect(calls.login.mutate).toHaveBeenCalledWith({ ...login, transport: 'token' });
    expect(auth.state).toMatchObject({ kind: 'signedIn', user: { id: 'anna' } });
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('is not changed by a refused sign-in, whose error the caller gets', async () => {
    const { auth, calls } = setUp();
    calls.login.mutate.mockRejectedValue(serverError('INVALID_CREDENTIALS'));
    await expect(auth.login(login)).rejects.toMatchObject({ data: { appCode: 'INVALID_CREDENTIALS' } });
    expect(auth.state).toEqual({ kind: 'unknown' });
  });

  it('renews its token at four fifths of its life by the token’s own account, however wrong the clock', async () => {
    const { auth, calls, onRenewed } = setUp();
    await auth.login(login);
    const first = auth.accessToken();
    await vi.advanceTimersByTimeAsync(lifeMs * 0.8 - 1);
    expect(calls.refresh.mutate).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(calls.refresh.mutate.mock.calls).toEqual([[{ refreshToken: 'refresh-1' }]]);
    expect(auth.accessToken()).not.toBe(first);
    expect(onRenewed).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(lifeMs);
    expect(calls.refresh.mutate.mock.calls.at(-1)).toEqual([{ refreshToken: 'refresh-2' }]);
  });

  it('tells nobody of a renewal that changed nothing they see', async () => {
    const { auth } = setUp();
    await auth.login(login);
    const told = vi.fn();
    auth.subscribe(told);
    await auth.refresh();
    expect(told).not.toHaveBeenCalled();
  });

  it('makes one exchange for all who need a token at once', async () => {
    const { auth, calls } = setUp();
    await auth.login(login);
    auth.markStale(auth.accessToken());
    const tokens = await Promise.all([auth.freshToken(), auth.freshToken(), auth.freshToken()]);
    expect(calls.refresh.mutate).toHaveBeenCalledTimes(1);
    expect(new Set(tokens)).toEqual(new Set([auth.accessToken()]));
  });

  it('does not take a word about an old token for one about the new', async () => {
    const { auth, calls } = setUp();
    await auth.login(login);
    const old = auth.accessToken();
    await auth.refresh();
    auth.markStale(old);
    await auth.freshToken();
    expect(calls.refresh.mutate).toHaveBeenCalledTimes(1);
  });

  it('stays signed in while the server is away, and renews when it is back', async () => {
    const { auth, calls } = setUp();
    await auth.login(login);
    calls.refresh.mutate.mockRejectedValueOnce(networkError()).mockRejectedValueOnce(serverError('UNAVAILABLE'));
    await vi.advanceTimersByTimeAsync(lifeMs * 0.8 + 5_000);
    expect(calls.refresh.mutate).toHaveBeenCalledTimes(3);
    expect(auth.state.kind).toBe('signedIn');
  });

  it.each(['SESSION_REVOKED', 'ACCOUNT_DISABLED'] as const)('is nobody, with the reason, once the server says %s', async (code) => {
    const { auth, calls, onRefreshToken } = setUp();
    await auth.login(login);
    calls.refresh.mutate.mockRejectedValue(serverError(code));
    await vi.advanceTimersByTimeAsync(lifeMs);
    expect(auth.state).toMatchObject({ kind: 'signedOut', reason: { code, message: expect.any(String) } });
    expect(auth.accessToken()).toBeNull();
    expect(onRefreshToken.mock.lastCall).toEqual([null]);
    await vi.advanceTimersByTimeAsync(lifeMs * 4);
    expect(calls.refresh.mutate).toHaveBeenCalledTimes(1);
  });

  it('is not someone else because another tab is', async () => {
    const { auth, calls } = setUp({ transport: 'cookie' });
    await auth.login(login);
    const answer = signedIn(2);
    calls.refresh.mutate.mockResolvedValue({ ...answer, user: { ...answer.user, id: 'bert' } });
    await vi.advanceTimersByTimeAsync(lifeMs);
    expect(auth.state).toMatchObject({ kind: 'signedOut', reason: { code: 'SESSION_REVOKED' } });
  });

  describe('restored on page load', () => {
    it('by the cookie', async () => {
      const { auth, calls } = setUp({ transport: 'cookie' });
      await auth.restore();
      expect(calls.refresh.mutate).toHaveBeenCalledWith({});
      expect(auth.state.kind).toBe('signedIn');
    });

    it('by a refresh token kept', async () => {
      const { auth, calls, onRefreshToken } = setUp({ refreshToken: 'kept' });
      await auth.restore();
      expect(calls.refresh.mutate).toHaveBeenCalledWith({ refreshToken: 'kept' });
      expect(onRefreshToken.mock.lastCall).toEqual(['refresh-1']);
    });

    it('is nobody, without a reason, when there is no session', async () => {
      const { auth, calls } = setUp({ transport: 'cookie' });
      calls.refresh.mutate.mockRejectedValue(serverError('UNAUTHENTICATED'));
      await auth.restore();
      expect(auth.state).toEqual({ kind: 'signedOut' });

      const program = setUp();
      await program.auth.restore();
      expect(program.auth.state).toEqual({ kind: 'signedOut' });
      expect(program.calls.refresh.mutate).not.toHaveBeenCalled();
    });

    it('is unknown as long as the server does not answer', async () => {
      const { auth, calls } = setUp({ transport: 'cookie' });
      calls.refresh.mutate.mockRejectedValue(networkError());
      const restored = vi.fn();
      void auth.restore().then(restored);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(auth.state).toEqual({ kind: 'unknown' });
      expect(restored).not.toHaveBeenCalled();
      calls.refresh.mutate.mockResolvedValue(signedIn(9));
      await vi.advanceTimersByTimeAsync(10_000);
      expect(auth.state.kind).toBe('signedIn');
      expect(restored).toHaveBeenCalled();
    });

    it('does not undo a sign-in made meanwhile', async () => {
      const { auth, calls } = setUp({ transport: 'cookie' });
      let refuse!: (error: Error) => void;
      calls.refresh.mutate.mockReturnValueOnce(new Promise((_, reject) => (refuse = reject)));
      const restored = auth.restore();
      await auth.login(login);
      refuse(serverError('UNAUTHENTICATED'));
      await restored;
      expect(auth.state.kind).toBe('signedIn');
    });
  });

  describe('signing out', () => {
    it('tells the server', async () => {
      const { auth, calls } = setUp();
      await auth.login(login);
      await auth.logout();
      expect(calls.logout.mutate).toHaveBeenCalledTimes(1);
      expect(auth.state).toEqual({ kind: 'signedOut' });
      expect(vi.getTimerCount()).toBe(0);
    });

    it('is not done while the server cannot be told: its session would go on', async () => {
      const { auth, calls } = setUp();
      await auth.login(login);
      calls.logout.mutate.mockRejectedValue(networkError());
      await expect(auth.logout()).rejects.toThrow('WebSocket closed');
      expect(auth.state.kind).toBe('signedIn');
    });

    it('is done when the session was over anyway', async () => {
      const { auth, calls } = setUp();
      await auth.login(login);
      calls.logout.mutate.mockRejectedValue(serverError('SESSION_REVOKED'));
      await auth.logout();
      expect(auth.state).toEqual({ kind: 'signedOut' });
    });

    it('has no reason to show, though the server closes our socket before it answers', async () => {
      const { auth, calls } = setUp();
      await auth.login(login);
      calls.logout.mutate.mockImplementation(async () => {
        auth.end({ code: 'SESSION_REVOKED', message: 'This session has ended.' });
        return { ok: true as const };
      });
      await auth.logout();
      expect(auth.state).toEqual({ kind: 'signedOut' });
    });

    it('is asked for once, and a sign-in waits for its answer', async () => {
      const { auth, calls } = setUp({ transport: 'cookie' });
      await auth.login(login);
      let answer!: (value: { ok: true }) => void;
      calls.logout.mutate.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
      const leaving = [auth.logout(), auth.logout()];
      await vi.advanceTimersByTimeAsync(0);
      // The server closes our socket before it answers, so the sign-in form is shown and the next person can sign in.
      auth.end({ code: 'SESSION_REVOKED', message: 'This session has ended.' });
      const next = auth.login(login);
      await vi.advanceTimersByTimeAsync(0);
      expect(calls.logout.mutate).toHaveBeenCalledTimes(1);
      expect(calls.login.mutate).toHaveBeenCalledTimes(1);
      answer({ ok: true });
      await Promise.all([...leaving, next]);
      expect(calls.login.mutate).toHaveBeenCalledTimes(2);
      expect(auth.state.kind).toBe('signedIn');
    });

    it('is not undone by a renewal under way', async () => {
      const { auth, calls } = setUp();
      await auth.login(login);
      let answer!: (value: SignedIn) => void;
      calls.refresh.mutate.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
      const refreshed = auth.refresh();
      await auth.logout();
      answer(signedIn(9));
      await refreshed;
      expect(auth.state).toEqual({ kind: 'signedOut' });
      expect(auth.accessToken()).toBeNull();
    });
  });
});
