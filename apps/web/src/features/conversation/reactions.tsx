import type { MessageView } from '@parley/contracts';
import { useClient } from '../../client/client-context.js';
import { cx } from '../../components/ui/class-names.js';
import { apart } from '../../components/ui/sentence.js';
import { mayDo } from './may.js';
import { useRoomActions } from './room-actions.js';

export default function Reactions({ message }: { message: MessageView }) {
  const { trpc } = useClient();
  const actions = useRoomActions();
  const { react } = mayDo(message, actions);
  return (
    <div className="mt-1 mb-0.5 flex flex-wrap gap-1.5">
      {message.reactions.map(({ emoji, userIds, count }) => {
        const mine = userIds.includes(actions.me.id);
        const who = namesOf(userIds, count, actions);
        return (
          <button
            key={emoji}
            type="button"
            aria-pressed={mine}
            aria-label={`${emoji} ${count}: ${who.join(', ')}`}
            title={who.map(apart).join(', ')}
            disabled={!react}
            onClick={() => void actions.attempt(() => trpc.messages.react.mutate({ messageId: message.id, emoji, on: !mine }))}
            className={cx(
              'flex h-6 items-center gap-1.5 rounded-full border px-2 text-13 tabular-nums transition-colors max-wide:h-8 max-wide:px-3',
              mine ? 'border-accent/50 bg-accent-soft' : 'border-line bg-surface hover:border-line-strong',
            )}
          >
            <span>{emoji}</span>
            {count}
          </button>
        );
      })}
    </div>
  );
}

/** `You`, `Bo Lindqvist`, `3 more`. */
function namesOf(
  userIds: string[],
  count: number,
  { me, nameOf }: { me: { id: string }; nameOf(userId: string): string | null },
): string[] {
  const named = userIds
    .map((id) => (id === me.id ? 'You' : nameOf(id)))
    .filter((name) => name !== null)
    .slice(0, 8);
  const more = count - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])];
}
