import type { LimitRule } from '@parley/presence';
import type { SharedApiEnv } from '../env.js';

/** Every rate limit of the API, by what it limits. Login and AI refuse while Redis is away; chat counts locally. */
export function limitRules(env: SharedApiEnv) {
  return {
    registerPerAddress: { name: 'register', points: env.LIMIT_REGISTER_PER_10_MIN, windowMs: 600_000, whenUnavailable: 'refuse' },
    loginPerUsername: { name: 'login', points: env.LIMIT_LOGIN_PER_MIN, windowMs: 60_000, whenUnavailable: 'refuse' },
    loginPerAddress: { name: 'login-address', points: env.LIMIT_LOGIN_PER_MIN * 20, windowMs: 60_000, whenUnavailable: 'refuse' },
    sendPerUser: { name: 'send', points: env.LIMIT_SEND_PER_10_S, windowMs: 10_000, whenUnavailable: 'local' },
    searchPerUser: { name: 'search', points: env.LIMIT_SEARCH_PER_10_S, windowMs: 10_000, whenUnavailable: 'local' },
    roomsPerUser: { name: 'rooms', points: env.LIMIT_ROOMS_PER_HOUR, windowMs: 3_600_000, whenUnavailable: 'local' },
    filesPerUser: { name: 'files', points: env.LIMIT_FILES_PER_HOUR, windowMs: 3_600_000, whenUnavailable: 'local' },
    charactersPerUser: { name: 'characters', points: env.LIMIT_ROOMS_PER_HOUR, windowMs: 3_600_000, whenUnavailable: 'local' },
    profilePerUser: { name: 'profile', points: 20, windowMs: 600_000, whenUnavailable: 'local' },
    // A client repeats the signal every few seconds while one types, in one room at a time.
    typingPerUser: { name: 'typing', points: 60, windowMs: 10_000, whenUnavailable: 'local' },
    aiPerUser: { name: 'ai', points: env.LIMIT_AI_PER_MIN, windowMs: 60_000, whenUnavailable: 'refuse' },
  } as const satisfies Record<string, LimitRule>;
}

export type LimitRules = ReturnType<typeof limitRules>;
