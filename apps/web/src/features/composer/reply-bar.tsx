import type { MessageView } from '@parley/contracts';
import { CornerUpLeft, X } from 'lucide-react';
import { firstWords } from '@parley/contracts/markdown';
import { IconButton } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { AuthorMark } from '../../components/ui/author-mark.js';

/** Shows at the top of the composer which message is being answered. */
export default function ReplyBar({ message, onCancel }: { message: MessageView; onCancel: () => void }) {
  return (
    <div className="flex items-center gap-2 border-b border-line py-1 pr-1.5 pl-3.5 text-13 text-ink-2">
      <CornerUpLeft {...icon} size={14} className="shrink-0" />
      <span dir="auto" className="max-w-1/2 shrink-0 truncate font-medium">
        {message.author.name}
      </span>
      <AuthorMark author={message.author} />
      <span dir="auto" className="truncate text-ink-3">
        {message.deletedAt ? 'Message deleted' : message.hidden ? 'Hidden by moderation' : firstWords(message.content)}
      </span>
      <IconButton label="Do not reply" className="ml-auto size-7 max-wide:size-10" onClick={onCancel}>
        <X {...icon} />
      </IconButton>
    </div>
  );
}
