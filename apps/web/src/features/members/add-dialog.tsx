import { isBot, type RoomView } from '@parley/contracts';
import { useEffect, useState, type ReactNode } from 'react';
import { useClient, useRoomState } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { trpc } from '../../client/trpc.js';
import type { RoomSession } from '../../client/types.js';
import { useCall } from '../../client/use-call.js';
import { roomFacts, useMay } from '../../client/use-may.js';
import { useDebounced } from '../../client/use-debounced.js';
import { Avatar } from '../../components/ui/avatar.js';
import { Button } from '../../components/ui/button.js';
import { Dialog } from '../../components/ui/dialog.js';
import { TextField } from '../../components/ui/text-field.js';

/** Adds people and characters to the room. It stays open, because there is often more than one to add. */
export default function AddDialog({ session, room, onClose }: { session: RoomSession; room: RoomView; onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={
        <>
          Add to <bdi>{room.name}</bdi>
        </>
      }
    >
      <QueriesProvider>
        <Candidates session={session} room={room} />
      </QueriesProvider>
    </Dialog>
  );
}

function Candidates({ session, room }: { session: RoomSession; room: RoomView }) {
  const client = useClient();
  const { members, characters, mine, hasMoreMembers } = useRoomState(session);
  const [typed, setTyped] = useState('');
  const query = useDebounced(typed.trim(), 150);
  const users = trpc.users.search.useQuery({ query, limit: 20 }, { enabled: query !== '', placeholderData: (earlier) => earlier });
  const all = trpc.characters.list.useQuery();
  const mayAddCharacters = useMay(roomFacts(room, mine?.role ?? null))('rooms.addCharacter');
  const here = new Set([...members.map(({ user }) => user.id), ...characters.map(({ character }) => character.id)]);
  const found = users.data;
  useEffect(() => {
    // In a room of many, only the server knows which of these are here. If it cannot be asked, adding them once more changes nothing.
    if (hasMoreMembers && found && found.length > 0) session.loadMembers({ ids: found.map(({ id }) => id) }).catch(() => undefined);
  }, [session, hasMoreMembers, found]);
  const wanted = typed.trim().toLowerCase();
  const people = wanted === '' ? [] : (users.data ?? []);
  const others = mayAddCharacters
    ? (all.data ?? []).filter(({ character }) => `${character.name} ${character.handle}`.toLowerCase().includes(wanted))
    : [];
  const problem = users.error ?? all.error;
  const isLooking = wanted !== '' && !problem && (query !== typed.trim() || users.isFetching || all.isFetching);
  return (
    <div className="mt-4">
      <TextField
        label={mayAddCharacters ? 'Name of a person or a character' : 'Name of a person'}
        autoFocus
        autoCapitalize="none"
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {problem && (
        <p role="alert" className="mt-2 text-13 text-danger">
          {errorMessage(problem)}
        </p>
      )}
      <ul className="mt-3 flex max-h-[42vh] min-h-24 flex-col overflow-y-auto">
        {people.map((user) => (
          <Candidate
            key={user.id}
            name={user.displayName}
            note={`${isBot(user) ? 'bot · ' : ''}@${user.username}`}
            here={here.has(user.id)}
            onAdd={async () => 'invitedAt' in (await client.trpc.rooms.addMember.mutate({ roomId: room.id, username: user.username }))}
            onWithdraw={() => client.trpc.rooms.withdrawInvitation.mutate({ roomId: room.id, username: user.username })}
          >
            <Avatar name={user.displayName} avatar={user.avatar} kind="person" size="small" />
          </Candidate>
        ))}
        {others.map(({ character }) => (
          <Candidate
            key={character.id}
            name={character.name}
            note={`AI · ${character.tagline || `@${character.handle}`}`}
            here={here.has(character.id)}
            onAdd={async () => {
              await client.trpc.rooms.addCharacter.mutate({ roomId: room.id, characterId: character.id, autoReply: 'mention' });
              return false;
            }}
          >
            <Avatar name={character.name} avatar={character.avatar} kind="character" size="small" />
          </Candidate>
        ))}
        {people.length + others.length === 0 && (
          <li className="py-2 text-14 text-ink-2">
            {wanted === '' ? 'Type a name to find someone.' : isLooking ? 'Looking…' : 'Nobody here is called so.'}
          </li>
        )}
      </ul>
    </div>
  );
}

interface CandidateProps {
  name: string;
  note: string;
  here: boolean;
  /** Resolves to true if whoever is asked to join left the room, and was only invited. */
  onAdd: () => Promise<boolean>;
  /** Takes the invitation back. @default nobody is invited */
  onWithdraw?: () => Promise<unknown>;
  children: ReactNode;
}

function Candidate({ name, note, here, onAdd, onWithdraw, children }: CandidateProps) {
  const { busy, problem, call } = useCall();
  const [invited, setInvited] = useState(false);
  const add = () => call(async () => setInvited(await onAdd()));
  const withdraw = () =>
    call(async () => {
      await onWithdraw?.();
      setInvited(false);
    });
  return (
    <li className="flex min-h-10 items-center gap-2.5 py-1 text-14 max-wide:min-h-12">
      {children}
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline gap-2">
          <span dir="auto" className="max-w-3/4 shrink-0 truncate">
            {name}
          </span>
          <span dir="auto" className="truncate text-13 text-ink-3">
            {note}
          </span>
        </span>
        {problem && (
          <span role="alert" className="block text-13 text-danger">
            {problem}
          </span>
        )}
        <span role="status" className="block text-13 text-ink-2">
          {invited && !here && (
            <>
              <bdi>{name}</bdi> left this room, so they are invited and can join again.
            </>
          )}
        </span>
      </span>
      {here ? (
        <span className="text-13 text-ink-3">in the room</span>
      ) : invited ? (
        <Button size="small" look="quiet" aria-label={`Withdraw the invitation of ${name}`} disabled={busy} onClick={() => void withdraw()}>
          Withdraw
        </Button>
      ) : (
        <Button size="small" aria-label={`Add ${name}`} disabled={busy} onClick={() => void add()}>
          Add
        </Button>
      )}
    </li>
  );
}
