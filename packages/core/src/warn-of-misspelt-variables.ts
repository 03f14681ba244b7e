import type { CoreDeps } from './deps.js';

/** Warns of variables that look like ones that the process reads and are none, as `misspeltVariables` of contracts finds them. */
export function warnOfMisspeltVariables({ log }: Pick<CoreDeps, 'log'>, found: readonly { name: string; meant: string }[]): void {
  for (const { name, meant } of found) {
    log.warn({ name, meant }, `${name} is no variable of Parley and does nothing: did you mean ${meant}?`);
  }
}
