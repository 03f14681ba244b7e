import { isBot } from '@parley/contracts';
import { Dialog } from '@base-ui/react/dialog';
import { useNavigate } from '@tanstack/react-router';
import { CornerDownLeft, Search } from 'lucide-react';
import { useEffect, useEffectEvent, useId, useState, type KeyboardEvent } from 'react';
import { useAuth, useInbox } from '../../client/client-context.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { trpc } from '../../client/trpc.js';
import { useCall } from '../../client/use-call.js';
import { useDebounced } from '../../client/use-debounced.js';
import { useOpenDirect } from '../../client/use-open-direct.js';
import { RoomMark } from '../../components/rooms/room-mark.js';
import { Avatar } from '../../components/ui/avatar.js';
import { cx } from '../../components/ui/class-names.js';
import { icon } from '../../components/ui/icon.js';
import { isComposing } from '../../components/ui/is-composing.js';
import { NameMark } from '../../components/ui/name-mark.js';
import { jumpOptions, type JumpKind, type JumpOption } from './jump-options.js';

/** *Jump to…*: a room, a person, a character, or the messages that say something; as *New conversation*, whom one can talk to alone. */
export default function JumpDialog({ wanted, onClose }: JumpProps) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-20 bg-[oklch(0.2_0.01_75/0.35)] transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Dialog.Popup
          aria-label={wanted === 'people' ? 'New conversation' : 'Jump to'}
          className="fixed top-[12vh] left-1/2 z-20 flex max-h-[70vh] w-[520px] max-w-[calc(100vw-24px)] -translate-x-1/2 flex-col rounded-card border border-line bg-surface shadow-float outline-none max-wide:top-3"
        >
          <QueriesProvider>
            <Jump wanted={wanted} onClose={onClose} />
          </QueriesProvider>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface JumpProps {
  wanted: JumpKind;
  onClose: () => void;
}

function Jump({ wanted, onClose }: JumpProps) {
  const listId = useId();
  const navigate = useNavigate();
  const openDirect = useOpenDirect();
  const auth = useAuth();
  const { rooms } = useInbox();
  const { problem, call } = useCall();
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(0);
  const query = useDebounced(typed.trim(), 150);
  const users = trpc.users.search.useQuery(
    { query, limit: 50 },
    { enabled: query !== '' || wanted === 'people', placeholderData: (earlier) => earlier },
  );
  const characters = trpc.characters.list.useQuery();
  const options = jumpOptions(typed, {
    rooms: rooms ?? [],
    users: wanted === 'places' && (query === '' || typed.trim() === '') ? [] : (users.data ?? []),
    characters: characters.data ?? [],
    me: auth.kind === 'signedIn' ? auth.user.id : '',
    wanted,
  });
  const chosen = Math.min(active, options.length - 1);

  const go = async (option: JumpOption) => {
    const went = await call(async () => {
      switch (option.kind) {
        case 'room':
          return navigate({ to: '/rooms/$roomId', params: { roomId: option.joined.room.id } });
        case 'person':
          return openDirect({ username: option.user.username });
        case 'character':
          return openDirect({ characterId: option.character.id });
        case 'messages':
          return navigate({ to: '/search', search: { q: option.query } });
      }
    });
    if (went) onClose();
  };
  /** True once Enter was pressed for a list that was not there yet. */
  const [entered, setEntered] = useState(false);
  const isAnswered = (asked: { isFetching: boolean; fetchStatus: string }) => !asked.isFetching || asked.fetchStatus === 'paused';
  // Rooms come first, and whoever is found later changes nothing about the first of them.
  const isSettled =
    rooms !== null && (options[chosen]?.kind === 'room' || (query === typed.trim() && isAnswered(users) && isAnswered(characters)));
  const isDue = entered && isSettled;
  const goOn = useEffectEvent(() => {
    setEntered(false);
    if (options[chosen]) void go(options[chosen]);
  });
  useEffect(() => {
    if (isDue) goOn();
  }, [isDue]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !isComposing(event) && !isSettled) {
      event.preventDefault();
      setEntered(true);
    }
    if (event.defaultPrevented || isComposing(event) || options.length === 0) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setActive((chosen + (event.key === 'ArrowDown' ? 1 : -1) + options.length) % options.length);
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      void go(options[chosen]!);
    }
  };
  return (
    <>
      <div className="flex h-12 shrink-0 items-center gap-2.5 border-b border-line px-4">
        <Search {...icon} className="text-ink-3" />
        <input
          dir="auto"
          role="combobox"
          aria-label={wanted === 'people' ? 'Talk to' : 'Jump to'}
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={options.length > 0 ? `${listId}-${chosen}` : undefined}
          placeholder={wanted === 'people' ? 'A person or a character' : 'A room, a person, or words of a message'}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setActive(0);
            setEntered(false);
          }}
          onKeyDown={onKeyDown}
          className="min-w-0 flex-1 bg-transparent text-15 outline-none max-wide:text-16"
        />
      </div>
      {problem && (
        <p role="alert" className="px-4 pt-2 text-13 text-danger">
          {problem}
        </p>
      )}
      <div
        id={listId}
        role="listbox"
        aria-label={wanted === 'people' ? 'People and characters' : 'Places'}
        className="min-h-0 overflow-y-auto p-1.5"
      >
        {options.length === 0 && <p className="px-2.5 py-3 text-14 text-ink-2">Type a name to find it.</p>}
        {options.map((option, index) => (
          <div
            key={option.key}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onPointerMove={() => setActive(index)}
            onClick={() => void go(option)}
            className={cx(
              'flex h-9 cursor-pointer items-center gap-2.5 rounded-control px-2.5 text-14 max-wide:h-11',
              index === chosen && 'bg-accent-soft',
            )}
          >
            <OptionLine option={option} />
            {index === chosen && <CornerDownLeft {...icon} size={14} className="ml-auto shrink-0 text-ink-3 max-wide:hidden" />}
          </div>
        ))}
      </div>
    </>
  );
}

function OptionLine({ option }: { option: JumpOption }) {
  switch (option.kind) {
    case 'room':
      return <RoomMark room={option.joined.room} mine={option.joined.mine} />;
    case 'person':
      return (
        <>
          <Avatar name={option.user.displayName} avatar={option.user.avatar} kind="person" size="small" />
          <span dir="auto" className="truncate">
            {option.user.displayName}
          </span>
          {isBot(option.user) && <NameMark says="bot" />}
          <span className="min-w-12 truncate text-13 text-ink-3">@{option.user.username}</span>
        </>
      );
    case 'character':
      return (
        <>
          <Avatar name={option.character.name} avatar={option.character.avatar} kind="character" size="small" />
          <span dir="auto" className="truncate">
            {option.character.name}
          </span>
          <span dir="auto" className="truncate text-13 text-ink-3">
            AI · {option.character.tagline || `@${option.character.handle}`}
          </span>
        </>
      );
    case 'messages':
      return (
        <>
          <Search {...icon} className="mx-[3px] text-ink-2" />
          <span className="truncate">
            Messages with “<bdi>{option.query}</bdi>”
          </span>
        </>
      );
  }
}
