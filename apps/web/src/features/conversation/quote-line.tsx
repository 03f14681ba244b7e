import type { MessageView } from '@parley/contracts';
import { CornerUpRight } from 'lucide-react';
import { firstWords } from '@parley/contracts/markdown';
import { useRoomActions } from './room-actions.js';
import { AuthorMark } from '../../components/ui/author-mark.js';

/** The message being answered, in one line; pressing it goes there. `quoted` is undefined if that message is not loaded. */
export default function QuoteLine({ messageId, quoted }: { messageId: string; quoted: MessageView | undefined }) {
  const { openMessage } = useRoomActions();
  return (
    <button
      type="button"
      onClick={() => openMessage(messageId, quoted?.seq)}
      className="mb-0.5 flex max-w-full items-center gap-1.5 rounded-chip text-13 text-ink-3 hover:text-ink"
    >
      <CornerUpRight size={13} strokeWidth={1.75} aria-hidden="true" className="shrink-0" />
      <span className="sr-only">In answer to </span>
      {quoted && (
        <span dir="auto" className="max-w-1/2 shrink-0 truncate font-medium">
          {quoted.author.name}
        </span>
      )}
      {quoted && <AuthorMark author={quoted.author} />}
      <span dir="auto" className="truncate">
        {!quoted
          ? 'An earlier message'
          : quoted.deletedAt
            ? 'Message deleted'
            : quoted.hidden
              ? 'Hidden by moderation'
              : firstWords(quoted.content) || 'An answer'}
      </span>
    </button>
  );
}
