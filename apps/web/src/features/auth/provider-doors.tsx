import type { Doors } from '@parley/contracts';
import { LogIn } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { useClient } from '../../client/client-context.js';
import { icon } from '../../components/ui/icon.js';
import { Logo } from '../../components/ui/logo.js';

/** What the server says of a sign-in at a provider that led back here without one, by the code behind `#door=`. */
const problems: Record<string, string> = {
  again: 'That sign-in was begun in another window, or too long ago. Begin it again.',
  away: 'The provider does not answer for the moment. Try again in a minute.',
  closed: 'You have no account here yet. Ask whoever runs this server for one.',
  disabled: 'Your account here is disabled. Ask whoever runs this server.',
  refused: 'The provider did not let you in. Try again, or sign in there as somebody else.',
  unknown: 'There is no such provider any more. Choose one of those below.',
  failed: 'Something went wrong on the server. It has been logged; try again.',
};

/**
 * The ways in by a provider of identities, if the server has any, below the form for a password: one link each, which leads away from the page and
 * back to where it was to go. Where they are the only way in, the form is left out.
 */
export function ProviderDoors({ next, children }: { next: string | undefined; children: ReactNode }) {
  const { trpc } = useClient();
  const [doors, setDoors] = useState<Doors | null>(null);
  useEffect(() => {
    trpc.auth.doors.query().then(setDoors, () => {});
  }, [trpc]);
  const problem = new URLSearchParams(location.hash.slice(1)).get('door');
  const providers = doors?.providers ?? [];
  const query = next === undefined ? '' : `?next=${encodeURIComponent(next)}`;
  const only = doors?.local === false;
  return (
    <div className="w-full max-w-[340px]">
      {only ? (
        <>
          <div className="mb-7 flex items-center gap-2.5 text-16 font-bold">
            <Logo size={22} />
            Parley
          </div>
          <h1 className="text-22 font-bold">Come in</h1>
          <p className="mt-1.5 mb-6 text-14 text-ink-2">Rooms where people and AI characters talk.</p>
        </>
      ) : (
        children
      )}
      {problem !== null && (
        <p role="alert" className="mt-4 rounded-control bg-hover px-3 py-2 text-14 text-danger">
          {problems[problem] ?? problems['failed']}
        </p>
      )}
      {providers.length > 0 && (
        <section aria-label="Sign in by a provider" className="mt-5 flex flex-col gap-2.5">
          {!only && (
            <p className="mb-2.5 flex items-center gap-3 text-13 text-ink-2 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
              or
            </p>
          )}
          {providers.map(({ id, name }) => (
            <a
              key={id}
              href={`/api/auth/oidc/${id}/start${query}`}
              className="inline-flex h-10 items-center justify-center gap-2 rounded-control border border-line-strong bg-surface px-4 text-15 font-medium transition-colors duration-150 ease-quiet hover:bg-hover"
            >
              <LogIn {...icon} />
              <span className="min-w-0 truncate">
                Sign in with <bdi>{name}</bdi>
              </span>
            </a>
          ))}
        </section>
      )}
    </div>
  );
}
