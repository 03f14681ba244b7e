import type { CharacterEntry } from '@parley/contracts';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { errorMessage } from '../../client/errors.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { trpc } from '../../client/trpc.js';
import { useMay } from '../../client/use-may.js';
import { useCall } from '../../client/use-call.js';
import { Avatar } from '../../components/ui/avatar.js';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { Notice } from '../../components/ui/notice.js';
import { ScreenHeader } from '../../components/ui/screen-header.js';
import { CharacterDialog } from './character-dialog.js';

type Talk = (characterId: string) => Promise<void>;

/** Every character of this server. The person can talk to them, make new ones, and change those that they may change. */
export default function CharactersPage({ onTalk }: { onTalk: Talk }) {
  const [editing, setEditing] = useState<string | 'new' | null>(null);
  return (
    <QueriesProvider>
      <title>Characters · Parley</title>
      <ScreenHeader title="Characters" subtitle="Add them to a room, or talk to one alone">
        <Button look="primary" onClick={() => setEditing('new')}>
          <Plus {...icon} />
          New character
        </Button>
      </ScreenHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="measure mx-0 flex min-h-full flex-col py-3">
          <Characters onTalk={onTalk} onEdit={setEditing} />
        </div>
      </div>
      {editing !== null && <CharacterDialog characterId={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </QueriesProvider>
  );
}

function Characters({ onTalk, onEdit }: { onTalk: Talk; onEdit: (characterId: string) => void }) {
  const characters = trpc.characters.list.useQuery();
  if (characters.isPending) return <ListSkeleton />;
  if (characters.error) {
    return (
      <Notice title="The characters could not be loaded" action={<Button onClick={() => void characters.refetch()}>Try again</Button>}>
        {errorMessage(characters.error)}
      </Notice>
    );
  }
  return (
    <ul className="flex flex-col">
      {characters.data.map((entry) => (
        <CharacterLine key={entry.character.id} entry={entry} onTalk={onTalk} onEdit={onEdit} />
      ))}
    </ul>
  );
}

function CharacterLine({ entry, onTalk, onEdit }: { entry: CharacterEntry; onTalk: Talk; onEdit: (characterId: string) => void }) {
  const may = useMay();
  const { busy, problem, call } = useCall();
  const { character, mine } = entry;
  const mayEdit = may('characters.update', { own: mine });
  return (
    <li className="flex items-center gap-3.5 border-b border-line py-3.5">
      <Avatar name={character.name} avatar={character.avatar} kind="character" />
      <div className="min-w-0 flex-1">
        <h2 className="flex items-baseline gap-2 text-15 font-bold">
          <span dir="auto" className="truncate">
            {character.name}
          </span>
          <span className="min-w-12 truncate text-13 font-normal text-ink-3">@{character.handle}</span>
          {mine && <span className="text-12 font-normal text-ink-3">yours</span>}
          {mayEdit && (
            <Link
              to="/usage/$of"
              params={{ of: `character-${character.id}` }}
              aria-label={`Usage of ${character.name}`}
              className="text-12 font-normal text-ink-3 hover:text-ink hover:underline"
            >
              usage
            </Link>
          )}
        </h2>
        {character.tagline && (
          <p dir="auto" className="line-clamp-2 text-14 text-ink-2">
            {character.tagline}
          </p>
        )}
        {problem && (
          <p role="alert" className="text-13 text-danger">
            {problem}
          </p>
        )}
      </div>
      {mayEdit && (
        <Button look="quiet" aria-label={`Edit ${character.name}`} onClick={() => onEdit(character.id)}>
          Edit
        </Button>
      )}
      <Button aria-label={`Talk to ${character.name}`} disabled={busy} onClick={() => void call(() => onTalk(character.id))}>
        Talk
      </Button>
    </li>
  );
}

function ListSkeleton() {
  return (
    <div role="status" aria-label="Loading characters" className="flex flex-col gap-7 py-4">
      {[40, 28, 52].map((width) => (
        <div key={width} className="flex gap-3.5">
          <span className="skeleton size-[34px]" />
          <div className="flex flex-1 flex-col gap-2.5 pt-1">
            <span className="skeleton h-4 w-32" />
            <span className="skeleton h-3" style={{ width: `${width}%` }} />
          </div>
        </div>
      ))}
    </div>
  );
}
