import { hasRoomRole, replyErrors, type MessageView, type RoomRole } from '@parley/contracts';
import { memo, useState } from 'react';
import { errorMessage } from '../../client/errors.js';
import { useReplyText } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { GrowingMarkdown, Markdown } from '../../components/markdown/markdown.js';
import { elapsed } from '../../components/time/time.js';
import { useNow } from '../../components/time/use-now.js';
import { Button } from '../../components/ui/button.js';
import { RowFrame } from './row-frame.js';

interface ReplyRowProps {
  session: RoomSession;
  message: MessageView;
  /** Who reads: the asker and moderators may stop a reply. */
  me: string;
  role: RoomRole | null;
  nameOf: (userId: string) => string | null;
  flash: boolean;
}

/** A character's answer, from asked to ended. Only a thin rule in the character's hue marks it. */
export const ReplyRow = memo(function ReplyRow({ session, message, me, role, nameOf, flash }: ReplyRowProps) {
  const inProgress = message.status === 'queued' || message.status === 'streaming';
  const mayStop = message.reply?.askedBy === me || (role !== null && hasRoomRole(role, 'moderator'));
  const { author } = message;
  return (
    <RowFrame
      id={`message-${message.id}`}
      author={{ name: author.name, avatar: author.avatar, kind: 'character' }}
      at={message.createdAt}
      head
      busy={inProgress}
      flash={flash}
      mark={<ModelMark model={message.reply?.model ?? null} />}
      status={
        inProgress ? <Progress session={session} message={message} mayStop={mayStop} /> : <Ending message={message} nameOf={nameOf} />
      }
    >
      <div className="relative mt-0.5 py-1 pl-4" style={{ '--hue': author.avatar.hue } as React.CSSProperties}>
        <span aria-hidden="true" className="hue-fill absolute inset-y-0 left-0 w-0.5" />
        {inProgress ? <GrowingReply session={session} messageId={message.id} /> : <FinishedReply message={message} />}
      </div>
    </RowFrame>
  );
});

function ModelMark({ model }: { model: string | null }) {
  // `provider:model`; of the built-in one there is only one.
  const name = model?.startsWith('built-in:') ? 'built-in model' : model?.slice(model.indexOf(':') + 1);
  return <span className="text-13 whitespace-nowrap text-ink-3">AI{name && <span className="max-wide:hidden"> · {name}</span>}</span>;
}

function GrowingReply({ session, messageId }: { session: RoomSession; messageId: string }) {
  const text = useReplyText(session, messageId);
  if (text !== '') return <GrowingMarkdown source={text} />;
  return (
    <div className="flex flex-col gap-2 py-1.5" aria-hidden="true">
      <span className="skeleton h-3 w-3/5" />
      <span className="skeleton h-3 w-2/5" />
    </div>
  );
}

function FinishedReply({ message }: { message: MessageView }) {
  return (
    <>
      {message.content !== '' && <Markdown source={message.content} />}
      {message.status === 'failed' && <p className="mt-1 text-14 text-danger first:mt-0">{failureReason(message)}</p>}
      {message.status === 'stopped' && message.content === '' && <p className="text-14 text-ink-3">Stopped before the first word.</p>}
    </>
  );
}

function failureReason({ error }: MessageView): string {
  return error?.message ?? replyErrors.INTERNAL;
}

function Progress({ session, message, mayStop }: { session: RoomSession; message: MessageView; mayStop: boolean }) {
  const writing = useReplyText(session, message.id) !== '';
  const now = useNow(1000);
  const [stopping, setStopping] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const since = Date.parse(message.reply?.startedAt ?? message.createdAt);
  const stop = async () => {
    setStopping(true);
    setProblem(null);
    try {
      await session.stop(message.id);
    } catch (error) {
      setProblem(errorMessage(error));
      setStopping(false);
    }
  };
  return (
    <>
      <span className="text-13 whitespace-nowrap text-ink-3 tabular-nums" aria-live="off">
        {stopping ? 'stopping' : `${writing ? 'writing' : 'thinking'} · ${elapsed(now - since)}`}
      </span>
      {mayStop && (
        <Button size="small" className="text-ink-2" disabled={stopping} onClick={() => void stop()} title={problem ?? undefined}>
          <span aria-hidden="true" className="size-2 rounded-[2px] bg-current" />
          Stop
        </Button>
      )}
      {problem && (
        <span role="alert" className="sr-only">
          {problem}
        </span>
      )}
    </>
  );
}

function Ending({ message, nameOf }: { message: MessageView; nameOf: (userId: string) => string | null }) {
  if (message.status === 'failed') return <span className="text-13 text-danger">failed</span>;
  if (message.status !== 'stopped') return null;
  const by = message.reply?.stoppedBy ? nameOf(message.reply.stoppedBy) : null;
  return <span className="text-13 text-ink-3">{by ? `stopped by ${by}` : 'stopped'}</span>;
}
