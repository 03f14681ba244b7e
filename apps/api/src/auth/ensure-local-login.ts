import { AppError } from '@parley/contracts';
import type { Context } from '../context.js';

/** @throws AppError LOCAL_LOGIN_OFF where a provider of identities is the only way in */
export function ensureLocalLogin({ services }: Pick<Context, 'services'>): void {
  if (!services.env.LOCAL_LOGIN) throw new AppError('LOCAL_LOGIN_OFF');
}
