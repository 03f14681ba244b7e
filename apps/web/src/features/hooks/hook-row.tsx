import type { HookView } from '@parley/contracts';
import { Avatar } from '../../components/ui/avatar.js';
import { Button } from '../../components/ui/button.js';
import { markedName } from '../../components/ui/marked-name.js';
import { NameMark } from '../../components/ui/name-mark.js';
import { useMoment } from './use-moment.js';

/** One address by which a program writes into the room, without what makes it one. */
export function HookRow({ hook, onRemove }: { hook: HookView; onRemove: () => void }) {
  const when = useMoment();
  const { name, bot, madeBy, status, createdAt, lastUsedAt } = hook;
  return (
    <li className="flex items-start gap-3.5 border-b border-line py-3.5">
      <Avatar name={bot.displayName} avatar={bot.avatar} kind="person" />
      <div className="min-w-0 flex-1 text-14 text-ink-2">
        <h3 dir="auto" className="truncate text-15 font-bold text-ink">
          {name}
        </h3>
        <p className="flex items-baseline gap-1.5">
          Writes as
          <span dir="auto" className="truncate text-ink">
            {bot.displayName}
          </span>
          <NameMark says="bot" />
        </p>
        {status === 'stopped' && (
          <p className="text-danger">Stopped: the room is archived, its bot is not in the room, or whoever made it has left.</p>
        )}
        <p className="text-13 text-ink-3">
          Made {when(createdAt)} by <bdi>{markedName(madeBy)}</bdi> · {lastUsedAt ? `last used ${when(lastUsedAt)}` : 'never used'}
        </p>
      </div>
      <Button look="danger" aria-label={`Remove ${name}`} onClick={onRemove}>
        Remove
      </Button>
    </li>
  );
}
