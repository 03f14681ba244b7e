import { createInvite } from '@parley/core/accounts/create-invite';
import { disableAccount } from '@parley/core/accounts/disable-account';
import { enableAccount } from '@parley/core/accounts/enable-account';
import { removeSecondStepOf } from '@parley/core/accounts/remove-second-step';
import { makeResetLink } from '@parley/core/accounts/reset-link';
import { resetPassword } from '@parley/core/accounts/reset-password';
import { setAdmin } from '@parley/core/accounts/set-admin';
import type { CoreDeps } from '@parley/core/deps';
import { createKeyFor } from '@parley/core/keys/create-key';
import { PasswordHasher } from '@parley/core/sessions/password-hasher';

/** What `npm run admin` can do. */
export const operatorUsage = `usage: npm run admin -- <username>             makes that person an admin of this instance
       npm run admin -- --disable <username>   signs that person out everywhere, and lets them in no more
       npm run admin -- --enable <username>    lets them in again
       npm run admin -- --reset <username>     signs that person out everywhere, and prints a new password for them
       npm run admin -- --reset-link <username>  prints a link by which they choose a new password themselves, within an hour
       npm run admin -- --no-code <username>   turns the codes of their app off, which they lost
       npm run admin -- --key <username>       prints a key that may do all that the person may
       npm run admin -- --invite               prints a code for one registration, good for seven days`;

/**
 * @returns the task, which resolves to the line to print; null for unknown or surplus arguments: `ann --disable` must not make ann an
 * admin
 */
export function operatorTask([first = '', second, ...more]: readonly string[]): ((deps: CoreDeps) => Promise<string>) | null {
  if (more.length > 0) return null;
  if (second === undefined) {
    if (first === '--invite') return createInvite;
    return isName(first) ? (deps) => setAdmin(deps, null, { username: first, admin: true }).then(() => `${first} is an admin now.`) : null;
  }
  if (!isName(second)) return null;
  switch (first) {
    case '--disable':
      return (deps) => disableAccount(deps, null, { username: second }).then(() => `${second} is signed out and disabled.`);
    case '--enable':
      return (deps) => enableAccount(deps, null, { username: second }).then(() => `${second} may sign in again.`);
    case '--reset':
      return (deps) => resetPassword({ ...deps, hasher: new PasswordHasher() }, second);
    case '--reset-link':
      return (deps) => makeResetLink(deps, null, { username: second }).then(({ code }) => `/sign-in#reset=${code}`);
    case '--no-code':
      return (deps) => removeSecondStepOf(deps, null, { username: second }).then(() => `${second} signs in without a code.`);
    case '--key':
      return (deps) => createKeyFor(deps, second);
    default:
      return null;
  }
}

/** Says what is wrong with arguments that are no task. */
export function notUnderstood(args: readonly string[]): string {
  const options = args.filter((argument) => argument.startsWith('-'));
  const unknown = options.find((option) => !operatorUsage.includes(` ${option} `));
  if (unknown !== undefined) return `There is no option ${unknown}.`;
  if (options.length === 0) return `${args.join(', ')}: give one username at a time.`;
  if (options[0] === '--invite') return '--invite takes nothing behind it.';
  if (args[0] === options[0] && args.length < 2) return `Give a username behind ${options[0]}.`;
  return `“${args.join(' ')}” is more than one thing to do: give one option, then one username.`;
}

function isName(argument: string): boolean {
  return argument !== '' && !argument.startsWith('-');
}
