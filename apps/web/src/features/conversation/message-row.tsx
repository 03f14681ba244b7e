import type { MessageView } from '@parley/contracts';
import { memo } from 'react';
import { MessageContent } from './message-content.js';
import { RowFrame } from './row-frame.js';

interface MessageRowProps {
  message: MessageView;
  head: boolean;
  flash: boolean;
}

export const MessageRow = memo(function MessageRow({ message, head, flash }: MessageRowProps) {
  if (message.kind === 'system') return <p className="mt-3 text-center text-13 text-ink-3">{message.content}</p>;
  const { author } = message;
  return (
    <RowFrame
      id={`message-${message.id}`}
      author={{ name: author.name, avatar: author.avatar, kind: author.type === 'character' ? 'character' : 'person' }}
      at={message.createdAt}
      head={head}
      flash={flash}
    >
      {message.deletedAt ? <p className="text-ink-3 italic">Message deleted</p> : <MessageContent content={message.content} />}
    </RowFrame>
  );
});
