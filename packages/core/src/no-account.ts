import { AppError } from '@parley/contracts';

/** Says to an operator or an admin which name no account has, or none that this may be done to. */
export function noAccount(username: string): AppError {
  return new AppError('USER_NOT_FOUND', `There is no account named “${username}”.`);
}
