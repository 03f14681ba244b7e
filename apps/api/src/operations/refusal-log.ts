import type { AppError, AppErrorCode } from '@parley/contracts';
import type { Log } from '@parley/core/deps';
import { noteSecurity, type Refusal, type SecurityFields } from '@parley/core/security-log';
import { TriedAccount } from '@parley/core/sessions/login';

/** The address of the metrics, which are for the operator alone. */
export const metricsPath = '/metrics';

/** What of a call the log says beside its refusal. */
export type RefusedCall = Pick<SecurityFields, 'userId' | 'address' | 'operation' | 'correlationId'>;

/** The codes that refuse a right, a person or too much. An access token that has expired is no refusal: every page meets that. */
const events: Partial<Record<AppErrorCode, Refusal>> = {
  UNAUTHENTICATED: 'refused',
  SESSION_REVOKED: 'refused',
  INVALID_CREDENTIALS: 'refused',
  STEP_OVER: 'refused',
  CODE_WRONG: 'refused',
  PASSKEY_REFUSED: 'refused',
  LINK_OVER: 'refused',
  ACCOUNT_DISABLED: 'refused',
  FORBIDDEN: 'refused',
  REGISTRATION_CLOSED: 'refused',
  INVITE_REQUIRED: 'refused',
  FORBIDDEN_ORIGIN: 'origin refused',
  RATE_LIMITED: 'limit hit',
  AI_BUDGET_EXCEEDED: 'limit hit',
};

const signIns: ReadonlySet<string> = new Set(['auth.login', 'auth.code', 'passkeys.signIn']);
const failed: ReadonlySet<AppErrorCode> = new Set(['INVALID_CREDENTIALS', 'ACCOUNT_DISABLED', 'CODE_WRONG', 'PASSKEY_REFUSED']);

function eventOf(code: AppErrorCode, operation: string | undefined): Refusal | undefined {
  if (operation !== undefined && signIns.has(operation) && failed.has(code)) return 'sign-in failed';
  if (operation === metricsPath && events[code] === 'refused') return 'operator refused';
  return events[code];
}

/** Refusals of a second that are not written one by one. */
interface Second {
  event: Refusal;
  folded: number;
  last: SecurityFields | null;
  timer: NodeJS.Timeout;
}

/**
 * Logs who was refused what. Strangers can cause any number of refusals, so of those with the same event and code the first is written at
 * once, and then one line a second: the last of them, with the number of the others.
 */
export class RefusalLog {
  readonly #log: Log;
  readonly #intervalMs: number;
  readonly #seconds = new Map<string, Second>();

  /** @param intervalMs how often a kind of refusal is written at most, in milliseconds */
  constructor(log: Log, intervalMs = 1_000) {
    this.#log = log;
    this.#intervalMs = intervalMs;
  }

  /** Logs the error that ended a call, if it is a refusal. */
  noteError(error: AppError, call: RefusedCall): void {
    const { code, cause } = error;
    const event = eventOf(code, call.operation);
    if (!event) return;
    const tried = cause instanceof TriedAccount ? { userId: cause.userId, username: cause.username } : {};
    this.note(event, { ...call, ...tried, code });
  }

  note(event: Refusal, fields: SecurityFields & { code: string }): void {
    const kind = `${event} ${fields.code}`;
    const second = this.#seconds.get(kind);
    if (!second) {
      noteSecurity(this.#log, event, fields);
      this.#begin(kind, event);
      return;
    }
    if (second.last) second.folded++;
    second.last = fields;
  }

  /** Writes what was not written yet. */
  close(): void {
    for (const [kind, { timer }] of this.#seconds) {
      clearTimeout(timer);
      this.#end(kind);
    }
  }

  #begin(kind: string, event: Refusal): void {
    const timer = setTimeout(() => {
      if (this.#end(kind)) this.#begin(kind, event);
    }, this.#intervalMs).unref();
    this.#seconds.set(kind, { event, folded: 0, last: null, timer });
  }

  /** @returns whether there was anything to write */
  #end(kind: string): boolean {
    const { event, last, folded } = this.#seconds.get(kind)!;
    this.#seconds.delete(kind);
    if (last) noteSecurity(this.#log, event, { ...last, ...(folded > 0 ? { folded } : {}) });
    return last !== null;
  }
}
