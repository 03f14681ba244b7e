import { isBot, type KeyView, type UserView } from '@parley/contracts';
import { useInbox } from '../../client/client-context.js';
import { clockTime, dayName } from '../../components/time/time.js';
import { useToday } from '../../components/time/use-today.js';
import { Button } from '../../components/ui/button.js';
import { NameMark } from '../../components/ui/name-mark.js';
import { scopesInWords } from './scope-texts.js';

interface KeyRowProps {
  shown: KeyView;
  /** The bot whose key it is. */
  bot: UserView | undefined;
  onRevoke: () => void;
}

/** One key: for whom, what it may do and where, and when it was used. */
export function KeyRow({ shown, bot, onRevoke }: KeyRowProps) {
  const { name, scopes, rooms, createdAt, lastUsedAt, expiresAt } = shown;
  const today = new Date(useToday());
  const day = (instant: string) => dayName(instant, today).replace(/^(?:Today|Yesterday)/, (word) => word.toLowerCase());
  const when = (instant: string) => `${day(instant)}, ${clockTime(instant)}`;
  return (
    <li className="flex items-start gap-3.5 border-b border-line py-3.5">
      <div className="min-w-0 flex-1 text-14 text-ink-2">
        <h3 className="flex items-baseline gap-2 text-15 font-bold text-ink">
          <span dir="auto" className="truncate">
            {name}
          </span>
          {bot && (
            <span className="flex min-w-12 items-baseline gap-1.5 text-13 font-normal">
              <span className="sr-only">of </span>
              <span dir="auto" className="truncate">
                {bot.displayName}
              </span>
              {isBot(bot) && <NameMark says="bot" />}
            </span>
          )}
        </h3>
        <p>{scopesInWords(scopes)}</p>
        <p className="wrap-anywhere">
          <Rooms ids={rooms} ofBot={bot !== undefined} />
        </p>
        <p className="text-13 text-ink-3">
          Made {when(createdAt)} · {expiresAt ? `ends ${when(expiresAt)}` : 'never ends'} ·{' '}
          {lastUsedAt ? `last used ${when(lastUsedAt)}` : 'never used'}
        </p>
      </div>
      <Button look="danger" aria-label={`Revoke ${name}`} onClick={onRevoke}>
        Revoke
      </Button>
    </li>
  );
}

function Rooms({ ids, ofBot }: { ids: KeyView['rooms']; ofBot: boolean }) {
  const { rooms } = useInbox();
  if (ids === null) return ofBot ? 'In all its rooms' : 'In all your rooms';
  const names = (rooms ?? []).filter(({ room }) => ids.includes(room.id)).map(({ room, mine }) => mine.direct?.name ?? room.name);
  const others = ids.length - names.length;
  return (
    <>
      Only in{' '}
      {names.map((name, index) => (
        <span key={index}>
          {index > 0 && ', '}
          <bdi>{name}</bdi>
        </span>
      ))}
      {names.length > 0 && others > 0 && ' and '}
      {others > 0 && `${others} ${others === 1 ? 'room' : 'rooms'} that you are not in`}
    </>
  );
}
