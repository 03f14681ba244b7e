import type { AppErrorCode } from '@parley/contracts';

/**
 * Whether trying again can help after an error of this code: `always` where the server says so; `few` where it met something that should
 * pass. After every other code the same call gets the same answer.
 */
export const retryOfCode: Partial<Record<string, 'always' | 'few'>> = {
  UNAVAILABLE: 'always',
  RATE_LIMITED: 'always',
  TOKEN_EXPIRED: 'always',
  CONFLICT: 'few',
  INTERNAL: 'few',
} satisfies Partial<Record<AppErrorCode, 'always' | 'few'>>;
