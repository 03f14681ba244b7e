import { AppError, appErrors, type ValidatedToken } from '@parley/contracts';
import { getAccount } from '@parley/core/accounts/get-account';
import type { ApiServices } from '../services.js';

/**
 * Says whether a token or a key proves who its holder is, at this moment.
 *
 * @throws AppError UNAVAILABLE where nobody can say
 */
export async function validateToken({ core, sessions }: Pick<ApiServices, 'core' | 'sessions'>, token: string): Promise<ValidatedToken> {
  try {
    const actor = await sessions.authenticate(token);
    const user = await getAccount(core, actor);
    return { valid: true, user, ...(Number.isFinite(actor.expiresAt) && { expiresAt: new Date(actor.expiresAt).toISOString() }) };
  } catch (error) {
    if (AppError.is(error) && appErrors[error.code].http < 500) return { valid: false };
    throw error;
  }
}
