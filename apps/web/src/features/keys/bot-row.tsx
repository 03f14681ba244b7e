import type { BotView } from '@parley/contracts';
import { Avatar } from '../../components/ui/avatar.js';
import { Button } from '../../components/ui/button.js';
import { LinkButton } from '../../components/ui/link-button.js';
import { NameMark } from '../../components/ui/name-mark.js';

interface BotRowProps {
  bot: BotView;
  onNewKey: () => void;
  onRemove: () => void;
}

export function BotRow({ bot: { user }, onNewKey, onRemove }: BotRowProps) {
  return (
    <li className="flex items-center gap-3.5 border-b border-line py-3.5 max-wide:flex-wrap">
      <Avatar name={user.displayName} avatar={user.avatar} kind="person" />
      <div className="min-w-0 flex-1">
        <h3 className="flex items-baseline gap-2 text-15 font-bold">
          <span dir="auto" className="truncate">
            {user.displayName}
          </span>
          <NameMark says="bot" />
        </h3>
        <p className="truncate text-13 text-ink-3">@{user.username}</p>
      </div>
      <div className="flex shrink-0 gap-2 max-wide:w-full max-wide:justify-end max-wide:gap-3">
        <LinkButton to="/settings/bots/$username/hooks" params={{ username: user.username }} aria-label={`Webhooks of ${user.displayName}`}>
          Webhooks
        </LinkButton>
        <Button aria-label={`New key for ${user.displayName}`} onClick={onNewKey}>
          New key
        </Button>
        <Button look="danger" aria-label={`Remove ${user.displayName}`} onClick={onRemove}>
          Remove
        </Button>
      </div>
    </li>
  );
}
