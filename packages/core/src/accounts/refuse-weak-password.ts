import { AppError } from '@parley/contracts';
import { weaknessOf } from './password-strength.js';

/**
 * Refuses a new password that guessing would find soon; see `password-strength.ts`.
 *
 * @param names what its owner is called
 * @param field the input field that the error names
 * @throws AppError VALIDATION naming `field`
 */
export function refuseWeakPassword(password: string, names: readonly string[], field: 'password' | 'newPassword'): void {
  const weakness = weaknessOf(password, names);
  if (weakness === null) return;
  throw new AppError('VALIDATION', sentences[weakness], { field });
}

const sentences = {
  blank: 'This password is only spaces. Choose one with something to see in it.',
  common:
    'This password is too easy to guess. Choose a longer one, for example a few words that have nothing to do with you or each other.',
} as const;
