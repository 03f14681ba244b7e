import type { LimitName } from '@parley/contracts';
import type { LimitRule } from '@parley/presence';
import type { SharedApiEnv } from '../env.js';

export interface ApiLimitRule extends LimitRule {
  /** Whose calls count together. `username`: those that try this name, wherever they come from; `usernameAtAddress`: from one address; `userAndUsername`: those of one person that name this other. */
  per: 'user' | 'username' | 'usernameAtAddress' | 'userAndUsername' | 'address';
  /** Whether a call that succeeds gives back what was counted, as a right password does after wrong ones. @default false */
  resetBySuccess?: boolean;
  /** A call above the limit is not refused but held up for so many milliseconds: see call-brake.ts. @default none: it is refused */
  brakeMs?: number;
}

/**
 * Every rate limit of the API; the table of operations says which call counts against which limit. While Redis is away, login and AI are
 * refused and chat is counted by each process.
 */
export function limitRules(env: SharedApiEnv) {
  const tenSeconds = 10_000;
  const minute = 60_000;
  const tenMinutes = 600_000;
  const hour = 3_600_000;
  return {
    register: { name: 'register', per: 'address', points: env.LIMIT_REGISTER_PER_10_MIN, windowMs: tenMinutes, whenUnavailable: 'refuse' },
    // Of one address, so that wrong guesses lock out nobody but who makes them.
    login: {
      name: 'login',
      per: 'usernameAtAddress',
      points: env.LIMIT_LOGIN_PER_MIN,
      windowMs: minute,
      whenUnavailable: 'refuse',
      resetBySuccess: true,
    },
    loginAddress: {
      name: 'login-address',
      per: 'address',
      points: env.LIMIT_LOGIN_PER_MIN * 20,
      windowMs: minute,
      whenUnavailable: 'refuse',
    },
    // Guesses at one account from many addresses. Its owner may be among them, so they are slowed down and not refused.
    loginAccount: {
      name: 'login-account',
      per: 'username',
      points: env.LIMIT_LOGIN_PER_MIN * 5,
      windowMs: minute,
      whenUnavailable: 'refuse',
      brakeMs: 2_000,
    },
    // Who is signed in and types the password once more. No stranger can use this up.
    password: {
      name: 'password',
      per: 'user',
      points: env.LIMIT_LOGIN_PER_MIN,
      windowMs: minute,
      whenUnavailable: 'refuse',
      resetBySuccess: true,
    },
    keys: { name: 'keys', per: 'user', points: 30, windowMs: hour, whenUnavailable: 'refuse' },
    hooks: { name: 'hooks', per: 'user', points: env.LIMIT_ROOMS_PER_HOUR, windowMs: hour, whenUnavailable: 'local' },
    // High, because a page refreshes every few minutes and thousands may share an address; a token cannot be guessed anyway.
    refresh: { name: 'refresh', per: 'address', points: 6_000, windowMs: minute, whenUnavailable: 'local' },
    send: { name: 'send', per: 'user', points: env.LIMIT_SEND_PER_10_S, windowMs: tenSeconds, whenUnavailable: 'local' },
    // Far above what a page asks for, read positions included.
    changes: { name: 'changes', per: 'user', points: env.LIMIT_CHANGES_PER_10_S, windowMs: tenSeconds, whenUnavailable: 'local' },
    search: { name: 'search', per: 'user', points: env.LIMIT_SEARCH_PER_10_S, windowMs: tenSeconds, whenUnavailable: 'local' },
    rooms: { name: 'rooms', per: 'user', points: env.LIMIT_ROOMS_PER_HOUR, windowMs: hour, whenUnavailable: 'local' },
    // Far above what a person does; a program that comes and goes is held up before a room is full of it.
    lines: { name: 'lines', per: 'user', points: env.LIMIT_ROOMS_PER_HOUR, windowMs: hour, whenUnavailable: 'local' },
    // So many rooms a day may one person put another into: the other has to leave each by hand. Who brings a newcomer everywhere needs fewer.
    person: {
      name: 'person',
      per: 'userAndUsername',
      points: Math.ceil(env.LIMIT_ROOMS_PER_HOUR / 6),
      windowMs: 24 * hour,
      whenUnavailable: 'local',
    },
    files: { name: 'files', per: 'user', points: env.LIMIT_FILES_PER_HOUR, windowMs: hour, whenUnavailable: 'local' },
    characters: { name: 'characters', per: 'user', points: env.LIMIT_ROOMS_PER_HOUR, windowMs: hour, whenUnavailable: 'local' },
    profile: { name: 'profile', per: 'user', points: 20, windowMs: tenMinutes, whenUnavailable: 'local' },
    // Each is something that a person has to look at.
    reports: { name: 'reports', per: 'user', points: 30, windowMs: hour, whenUnavailable: 'local' },
    // A client repeats the signal every few seconds while its user types, in one room at a time.
    typing: { name: 'typing', per: 'user', points: 60, windowMs: tenSeconds, whenUnavailable: 'local' },
    // Ten agents of one account that each write thirty times in a second.
    agents: { name: 'agents', per: 'user', points: 3_000, windowMs: tenSeconds, whenUnavailable: 'local' },
    ai: { name: 'ai', per: 'user', points: env.LIMIT_AI_PER_MIN, windowMs: minute, whenUnavailable: 'refuse' },
  } as const satisfies Record<LimitName, ApiLimitRule>;
}

export type LimitRules = ReturnType<typeof limitRules>;
