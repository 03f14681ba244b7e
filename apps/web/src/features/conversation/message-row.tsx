import type { MessageView } from '@parley/contracts';
import { memo, Suspense } from 'react';
import { cx } from '../../components/ui/class-names.js';
import { part } from '../../components/ui/part.js';
import { Summon } from '../../components/ui/summon.js';
import { MessageContent } from './message-content.js';
import { Quote } from './quote.js';
import { useRoomActions } from './room-actions.js';
import { Gone, isGone, MessageFrame } from './row-frame.js';

const MessageEditor = part(() => import('./message-editor.js'));
const SystemLine = part(() => import('./system-line.js'));

interface MessageRowProps {
  message: MessageView;
  head: boolean;
  flash: boolean;
  editing: boolean;
  /** The message that this one answers, if it is loaded. */
  quoted: MessageView | undefined;
}

export const MessageRow = memo(function MessageRow({ message, head, flash, editing, quoted }: MessageRowProps) {
  if (message.kind === 'system') {
    return (
      <p className={cx('px-8 text-center text-13 wrap-anywhere text-ink-3', head ? 'mt-3' : 'mt-0.5')}>
        {/* The same sentence, until its code is loaded. */}
        <Suspense fallback={message.content}>
          <SystemLine message={message} />
        </Suspense>
      </p>
    );
  }
  return (
    <MessageFrame message={message} head={head} flash={flash}>
      {message.replyTo && !isGone(message) && <Quote messageId={message.replyTo} quoted={quoted} />}
      {editing ? (
        // Also of a message that somebody deletes meanwhile: the editor saves what was written.
        <AwaitedEditor message={message} />
      ) : isGone(message) ? (
        <Gone message={message} />
      ) : (
        <MessageContent content={message.content} />
      )}
    </MessageFrame>
  );
});

function AwaitedEditor({ message }: { message: MessageView }) {
  const { edit, attempt } = useRoomActions();
  const drop = (failed: boolean) => {
    edit(null);
    if (failed) void attempt(() => Promise.reject(new Error('The code of the editor could not be loaded')));
  };
  return (
    <Summon fallback={<MessageContent content={message.content} />} onDrop={drop}>
      <MessageEditor message={message} />
    </Summon>
  );
}
