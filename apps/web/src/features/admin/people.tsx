import { isBot, type AdminPerson } from '@parley/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAuth, useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { useDebounced } from '../../client/use-debounced.js';
import { Avatar } from '../../components/ui/avatar.js';
import { Button } from '../../components/ui/button.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { NameMark } from '../../components/ui/name-mark.js';
import { ShownOnce } from '../../components/ui/shown-once.js';
import { Filters } from './filters.js';
import { PagedList } from './paged-list.js';

const shown = { all: 'Everyone', people: 'People', bots: 'Bots', admins: 'Admins', disabled: 'Disabled' } as const;

/** *People*: every account, with what an admin may do with it. */
export default function People() {
  const { trpc } = useClient();
  const [query, setQuery] = useState('');
  const [show, setShow] = useState<keyof typeof shown>('all');
  const wanted = useDebounced(query.trim(), 200);
  return (
    <>
      <Filters
        find="Find people"
        placeholder="Name or e-mail"
        query={query}
        onQuery={setQuery}
        choices={shown}
        choice={show}
        onChoice={setShow}
      />
      <PagedList
        label="People"
        of={['people', wanted, show]}
        load={(after) => trpc.admin.people.query({ query: wanted, show, ...(after === null ? {} : { after }) })}
        empty="Nobody is called so."
      >
        {(person) => <Person key={person.user.id} person={person} />}
      </PagedList>
    </>
  );
}

type Asking = 'disable' | 'admin' | 'signOut' | null;

function Person({ person }: { person: AdminPerson }) {
  const { user, email, isAdmin, owner, disabledAt, removed, sessions, rooms } = person;
  const { trpc } = useClient();
  const auth = useAuth();
  const queries = useQueryClient();
  const [asking, setAsking] = useState<Asking>(null);
  const { busy, problem, call } = useCall();
  const [link, setLink] = useState<string | null>(null);
  const { username } = user;
  const itsMe = auth.kind === 'signedIn' && auth.user.id === user.id;
  const again = () => queries.invalidateQueries({ queryKey: ['admin', 'people'] });
  const run = async (make: () => Promise<unknown>) => {
    if (await call(make)) await again();
  };
  const facts = [
    `${rooms} ${rooms === 1 ? 'room' : 'rooms'}`,
    sessions === 0 ? 'signed in nowhere' : `${sessions} ${sessions === 1 ? 'session or key' : 'sessions and keys'}`,
    ...(owner === null ? [] : [`bot of @${owner}`]),
  ];
  return (
    <li className="flex items-center gap-3 border-b border-line py-3 [content-visibility:auto] [contain-intrinsic-size:auto_64px] max-wide:flex-wrap">
      <Avatar name={user.displayName} avatar={user.avatar} kind="person" />
      <div className="min-w-0 flex-1">
        <h3 className="flex min-w-0 items-baseline gap-2 text-14 font-bold">
          <span dir="auto" className="truncate">
            {user.displayName}
          </span>
          <span className="truncate text-13 font-normal text-ink-2">@{username}</span>
          {isBot(user) && <NameMark says="bot" />}
          {isAdmin && <Mark>Admin</Mark>}
          {removed ? <Mark>Removed</Mark> : disabledAt && <Mark danger>Disabled</Mark>}
        </h3>
        <p className="truncate text-13 text-ink-2">
          {email && <bdi>{email} · </bdi>}
          {facts.join(' · ')}
        </p>
        {problem && (
          <p role="alert" className="text-13 text-danger">
            {problem}
          </p>
        )}
        {link !== null && (
          <div className="mt-2">
            <ShownOnce
              label="Link"
              title={`A new password for @${username}`}
              description="Send them this link. It works once, within an hour, and is not shown again."
              id={`reset-${user.id}`}
              value={`${location.origin}/sign-in#reset=${link}`}
              onDone={() => setLink(null)}
            />
          </div>
        )}
      </div>
      {!removed && (
        <div className="flex gap-1 max-wide:w-full max-wide:pl-[46px]">
          {owner === null && (
            <Link
              to="/usage/$of"
              params={{ of: `@${username}` }}
              aria-label={`Usage of ${username}`}
              className="inline-flex h-[30px] items-center rounded-control px-2.5 text-14 font-medium text-ink-2 hover:bg-hover hover:text-ink max-wide:h-11"
            >
              Usage
            </Link>
          )}
          {owner === null && !itsMe && !disabledAt && (
            <Button
              look="quiet"
              disabled={busy}
              aria-label={`Link for a new password of ${username}`}
              onClick={() => void call(async () => setLink((await trpc.users.resetLink.mutate({ username })).code))}
            >
              Reset
            </Button>
          )}
          {sessions > 0 && !itsMe && (
            <Button look="quiet" disabled={busy} aria-label={`Sign ${username} out`} onClick={() => setAsking('signOut')}>
              Sign out
            </Button>
          )}
          {owner === null && !itsMe && (isAdmin || !disabledAt) && (
            <Button
              look="quiet"
              disabled={busy}
              aria-label={isAdmin ? `Make ${username} no admin` : `Make ${username} an admin`}
              onClick={() => setAsking('admin')}
            >
              {isAdmin ? 'No admin' : 'Make admin'}
            </Button>
          )}
          {!itsMe &&
            (disabledAt ? (
              <Button
                disabled={busy}
                aria-label={`Enable ${username}`}
                onClick={() => void run(() => trpc.users.enable.mutate({ username }))}
              >
                Enable
              </Button>
            ) : (
              <Button look="danger" disabled={busy} aria-label={`Disable ${username}`} onClick={() => setAsking('disable')}>
                Disable
              </Button>
            ))}
        </div>
      )}
      {asking === 'disable' && (
        <ConfirmDialog
          title={`Disable @${username}?`}
          description="They are signed out everywhere at once and cannot sign in, and so are their bots. What they said stays. You can enable them again."
          confirm="Disable"
          onConfirm={() => trpc.users.disable.mutate({ username }).then(again)}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === 'signOut' && (
        <ConfirmDialog
          title={`Sign @${username} out everywhere?`}
          description="All their sessions end at once. They may sign in again, and their keys stay."
          confirm="Sign out"
          onConfirm={() => trpc.admin.endSessions.mutate({ username }).then(again)}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === 'admin' && (
        <ConfirmDialog
          title={isAdmin ? `Take @${username}’s rights as an admin away?` : `Make @${username} an admin?`}
          description={
            isAdmin
              ? 'They keep their account and their rooms, and see this page no more.'
              : 'They may do all that you may here: disable accounts, see the names of all rooms, change settings, and make other admins.'
          }
          confirm={isAdmin ? 'Take away' : 'Make admin'}
          onConfirm={() => trpc.admin.setAdmin.mutate({ username, admin: !isAdmin }).then(again)}
          onClose={() => setAsking(null)}
        />
      )}
    </li>
  );
}

/** A word about a row, beside its name. */
export function Mark({ children, danger = false }: { children: string; danger?: boolean }) {
  return (
    <span className={`shrink-0 rounded-chip border border-line-strong px-1.5 text-12 font-medium ${danger ? 'text-danger' : 'text-ink-2'}`}>
      {children}
    </span>
  );
}
