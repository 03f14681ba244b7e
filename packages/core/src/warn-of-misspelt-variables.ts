import { misspeltVariables } from '@parley/contracts';
import type { CoreDeps } from './deps.js';

/** Warns of each variable that looks like one that this process reads and is none. @param known the variables that it reads */
export function warnOfMisspeltVariables({ log }: Pick<CoreDeps, 'log'>, known: readonly string[], env = process.env): void {
  for (const { name, meant } of misspeltVariables(env, known)) {
    log.warn({ name, meant }, `${name} is no variable of Parley and does nothing: did you mean ${meant}?`);
  }
}
