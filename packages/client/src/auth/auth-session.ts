import type { AccountView } from '@parley/contracts';
import { Backoff, Waits, type BackoffOptions } from '../backoff.js';
import { callFailure, endsSession, refusal } from '../call-error.js';
import type { AuthCalls, SignedIn } from '../calls.js';
import type { Environment } from '../environment.js';
import { Listeners } from '../listeners.js';
import type { Auth, AuthState, Failure, LoginInput, RegisterInput } from '../types.js';
import { tokenLifeMs } from './token-life.js';

export interface AuthSessionOptions {
  calls: AuthCalls;
  environment: Environment;
  /** Where the refresh token is kept: in the browser's HttpOnly cookie, or by this client. */
  transport: 'cookie' | 'token';
  refreshToken?: string | undefined;
  /** Called with each new refresh token, for programs that store it; with null when there is none any more. */
  onRefreshToken?: ((refreshToken: string | null) => void) | undefined;
  /** Called when a new access token has replaced an old one. */
  onRenewed?: () => void;
  backoff?: BackoffOptions | undefined;
}

interface Session {
  accessToken: string;
  /** `Date.now()` when the token arrived. */
  obtainedAt: number;
  lifeMs: number;
  /** True once the server has refused the token as expired, whatever this device's clock says. */
  stale: boolean;
}

/** A token in the last five seconds of its life is not sent: it could expire on the way. In milliseconds. */
const marginMs = 5_000;
/** The longest delay that a timer takes, in milliseconds. A longer one would fire at once. */
const maxTimerMs = 2_147_483_647;

/** Who is signed in, and an access token that is always good: renewed at about 80 % of its life, one exchange at a time. */
export class AuthSession implements Auth {
  readonly #options: AuthSessionOptions;
  readonly #random: () => number;
  readonly #listeners = new Listeners();
  readonly #waits = new Waits();
  #state: AuthState = { kind: 'unknown' };
  #session: Session | null = null;
  #refreshToken: string | null;
  #refreshing: Promise<void> | null = null;
  #restoring: Promise<void> | null = null;
  #loggingOut: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Goes up with every sign-in and sign-out: an answer to a question asked before one of them is ignored. */
  #epoch = 0;
  #leaving = false;
  #closed = false;

  constructor(options: AuthSessionOptions) {
    this.#options = options;
    this.#random = options.backoff?.random ?? Math.random;
    this.#refreshToken = options.refreshToken ?? null;
  }

  get state(): AuthState {
    return this.#state;
  }

  /** Id of who is signed in. */
  get userId(): string | null {
    return this.#state.kind === 'signedIn' ? this.#state.user.id : null;
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  accessToken(): string | null {
    return this.#session?.accessToken ?? null;
  }

  register(input: RegisterInput): Promise<void> {
    return this.#signIn(() => this.#options.calls.register.mutate({ ...input, transport: this.#options.transport }));
  }

  login(input: LoginInput): Promise<void> {
    return this.#signIn(() => this.#options.calls.login.mutate({ ...input, transport: this.#options.transport }));
  }

  /** A second call while a sign-out is under way returns the first one's promise. */
  logout(): Promise<void> {
    this.#loggingOut ??= this.#logout().finally(() => {
      this.#loggingOut = null;
    });
    return this.#loggingOut;
  }

  restore(): Promise<void> {
    this.#restoring ??= this.#restore().finally(() => {
      this.#restoring = null;
    });
    return this.#restoring;
  }

  update(changes: Partial<AccountView>): void {
    if (this.#state.kind === 'signedIn') this.#setState({ kind: 'signedIn', user: { ...this.#state.user, ...changes } });
  }

  /** A token the server will take, renewed first if need be. Rejects with the call's error, or UNAUTHENTICATED. */
  async freshToken(): Promise<string> {
    if (!this.#session) throw refusal('UNAUTHENTICATED');
    if (this.#isOver(this.#session)) await this.refresh();
    if (!this.#session) throw refusal('UNAUTHENTICATED');
    return this.#session.accessToken;
  }

  /** Notes that the server no longer accepts this token. */
  markStale(accessToken: string | null): void {
    if (this.#session?.accessToken === accessToken) this.#session.stale = true;
  }

  /** Exchanges the refresh token. Calls made meanwhile share one exchange. Rejects with the call's error; a refusal signs out. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#exchange().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** Ends the session. @param reason given where the user did not ask for it */
  end(reason?: Failure): void {
    this.#epoch++;
    clearTimeout(this.#timer);
    this.#session = null;
    this.#keepRefreshToken(null);
    // Our own logout also makes the server close our sockets, perhaps before it is answered: do not report that as a reason.
    this.#setState(reason && !this.#leaving ? { kind: 'signedOut', reason } : { kind: 'signedOut' });
  }

  close(): void {
    this.#closed = true;
    this.#epoch++;
    clearTimeout(this.#timer);
    this.#waits.endAll();
    this.#listeners.clear();
  }

  async #logout(): Promise<void> {
    if (this.#session) {
      this.#leaving = true;
      try {
        await this.freshToken();
        await this.#options.calls.logout.mutate({});
      } catch (error) {
        // A session that had ended already is what the caller wanted. Any other failure leaves a session on the server, so the caller
        // must know.
        if (!endsSession(callFailure(error).code)) throw error;
      } finally {
        this.#leaving = false;
      }
    }
    if (this.#state.kind !== 'signedOut') this.end();
  }

  async #signIn(call: () => Promise<SignedIn>): Promise<void> {
    // A sign-out that is answered late would also end the new session, because it clears the cookie: wait for its answer first.
    await this.#loggingOut?.catch(() => {});
    const answer = await call();
    if (this.#closed) return;
    this.#epoch++;
    this.#take(answer);
  }

  async #restore(): Promise<void> {
    const backoff = new Backoff(this.#options.backoff, () => this.#options.environment.isHidden());
    const epoch = this.#epoch;
    const stopWaking = this.#options.environment.onChange(() => this.#waits.endAll());
    try {
      while (!this.#closed && this.#epoch === epoch && !this.#session) {
        try {
          await this.refresh();
        } catch (error) {
          const failure = callFailure(error);
          if (this.#epoch !== epoch) return;
          if (failure.retry === 'never') return this.end({ code: failure.code, message: failure.message });
          await this.#waits.wait(failure.retryAfterMs ?? backoff.next());
        }
      }
    } finally {
      stopWaking();
    }
  }

  async #exchange(): Promise<void> {
    const { calls, transport, environment, onRenewed } = this.#options;
    const epoch = this.#epoch;
    const hadSession = this.#session !== null;
    try {
      if (transport === 'token' && this.#refreshToken === null) throw refusal('UNAUTHENTICATED');
      const answer = await environment.exclusively('parley-refresh', () =>
        calls.refresh.mutate(this.#refreshToken === null ? {} : { refreshToken: this.#refreshToken }),
      );
      if (this.#epoch !== epoch) return;
      if (this.#state.kind === 'signedIn' && this.#state.user.id !== answer.user.id) {
        return this.end({ code: 'SESSION_REVOKED', message: 'Someone else signed in in another tab. Sign in again.' });
      }
      this.#take(answer);
      if (hadSession) onRenewed?.();
    } catch (error) {
      const failure = callFailure(error);
      if (this.#epoch !== epoch || !endsSession(failure.code)) throw error;
      // Do not tell people who were not signed in that they are not. Do tell them in any case that their account is disabled.
      const tell = hadSession || failure.code === 'ACCOUNT_DISABLED';
      this.end(tell ? { code: failure.code, message: failure.message } : undefined);
      if (hadSession) throw error;
    }
  }

  #take(answer: SignedIn): void {
    const { user, accessToken, expiresAt, refreshToken } = answer;
    this.#session = { accessToken, obtainedAt: Date.now(), lifeMs: tokenLifeMs(accessToken, expiresAt), stale: false };
    if (refreshToken !== undefined) this.#keepRefreshToken(refreshToken);
    // The moment is spread, so that tabs and bots that signed in together do not renew together.
    this.#renewIn(this.#session.lifeMs * (0.75 + 0.1 * this.#random()), new Backoff(this.#options.backoff));
    const known = this.#state.kind === 'signedIn' ? this.#state.user : null;
    if (JSON.stringify(known) !== JSON.stringify(user)) this.#setState({ kind: 'signedIn', user });
  }

  #renewIn(delayMs: number, backoff: Backoff): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        const epoch = this.#epoch;
        this.refresh().catch((error: unknown) => {
          if (this.#epoch === epoch) this.#renewIn(callFailure(error).retryAfterMs ?? Math.max(1_000, backoff.next()), backoff);
        });
      },
      Math.min(delayMs, maxTimerMs),
    );
  }

  #isOver(session: Session): boolean {
    const margin = Math.min(marginMs, session.lifeMs / 10);
    return session.stale || Date.now() - session.obtainedAt > session.lifeMs - margin;
  }

  #keepRefreshToken(refreshToken: string | null): void {
    if (this.#refreshToken === refreshToken) return;
    this.#refreshToken = refreshToken;
    this.#options.onRefreshToken?.(refreshToken);
  }

  #setState(state: AuthState): void {
    this.#state = state;
    this.#listeners.notify();
  }
}
