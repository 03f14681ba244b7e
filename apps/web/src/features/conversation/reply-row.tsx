import { isInProgress, type MessageView, type ReplyVersion } from '@parley/contracts';
import { memo, Suspense, useState } from 'react';
import { useReplyText } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { GrowingMarkdown, Markdown } from '../../components/markdown/markdown.js';
import { part } from '../../components/ui/part.js';
import { Quote } from './quote.js';
import { useRoomActions } from './room-actions.js';
import { Gone, isGone, MessageFrame } from './row-frame.js';

const ReplyThoughts = part(() => import('./reply-thoughts.js'));
const Progress = part(() => import('./reply-progress.js'));
const FailedReply = part(() => import('./failed-reply.js'));
const ReplyVersions = part(() => import('./reply-versions.js'));
const ReplyTools = part(() => import('./reply-tools.js'));

interface ReplyRowProps {
  message: MessageView;
  flash: boolean;
  /**
   * Id of the message it answers, unless that is the row right above; null otherwise. `quoted` is undefined if that message is not
   * loaded.
   */
  quote: string | null;
  quoted: MessageView | undefined;
  /** How many replies of this room that were asked for earlier are not finished. */
  before: number;
}

/** A character's reply, from queued to ended. A thin rule in the character's hue marks it. */
export const ReplyRow = memo(function ReplyRow({ message, flash, quote, quoted, before }: ReplyRowProps) {
  const { session } = useRoomActions();
  const [version, setVersion] = useState<ReplyVersion | null>(null);
  const inProgress = isInProgress(message.status);
  const { author } = message;
  const other = inProgress ? null : version;
  return (
    <MessageFrame
      message={message}
      head
      busy={inProgress}
      flash={flash}
      mark={<ModelMark model={other?.model ?? message.reply?.model ?? null} />}
      status={
        isGone(message) ? null : inProgress ? (
          <Suspense>
            <Progress message={message} before={before} />
          </Suspense>
        ) : (
          <>
            {message.attempt > 1 && (
              <Suspense>
                <ReplyVersions message={message} shown={other} onShow={setVersion} />
              </Suspense>
            )}
            <Ending status={other?.status ?? message.status} stoppedBy={other ? null : (message.reply?.stoppedBy ?? null)} />
          </>
        )
      }
    >
      {isGone(message) ? (
        <Gone message={message} />
      ) : (
        <>
          {quote && <Quote messageId={quote} quoted={quoted} />}
          <div className="relative mt-0.5 py-1 pl-4" style={{ '--hue': author.avatar.hue } as React.CSSProperties}>
            <span aria-hidden="true" className="hue-fill absolute inset-y-0 left-0 w-0.5" />
            {message.reply?.tools && !other && (
              <Suspense fallback={<div className="h-8 max-wide:h-12" />}>
                <ReplyTools
                  session={session}
                  messageId={message.id}
                  attempt={message.attempt}
                  tools={message.reply.tools}
                  by={author.name}
                  inProgress={inProgress}
                />
              </Suspense>
            )}
            {inProgress ? (
              <>
                <Suspense>
                  <ReplyThoughts session={session} message={message} />
                </Suspense>
                <GrowingReply session={session} message={message} />
              </>
            ) : other ? (
              <Markdown source={other.content} />
            ) : (
              <FinishedReply message={message} />
            )}
          </div>
        </>
      )}
    </MessageFrame>
  );
});

function ModelMark({ model }: { model: string | null }) {
  // `provider:model`. The built-in provider has one model only, so its name is not shown.
  const name = model?.startsWith('built-in:') ? 'built-in model' : model?.slice(model.indexOf(':') + 1);
  return (
    <span className="contents text-13 text-ink-3">
      <span>AI</span>
      {name && <span className="-ms-1 min-w-3 shrink-[9] truncate max-wide:hidden"> · {name}</span>}
    </span>
  );
}

function GrowingReply({ session, message }: { session: RoomSession; message: MessageView }) {
  // One that rests has its text so far.
  const text = useReplyText(session, message.id) || message.content;
  if (message.status === 'queued' && message.reply?.tools) return <Markdown source={text} />;
  if (text !== '') return <GrowingMarkdown source={text} />;
  return (
    <div className="flex flex-col gap-2 py-1.5" aria-hidden="true">
      <span className="skeleton h-3 w-3/5" />
      <span className="skeleton h-3 w-2/5" />
    </div>
  );
}

function FinishedReply({ message }: { message: MessageView }) {
  const { status, content, error } = message;
  return (
    <>
      {content !== '' && <Markdown source={content} />}
      {status === 'complete' && error && <p className="mt-1 text-13 text-ink-3">{error.message}</p>}
      {status === 'failed' && (
        <Suspense>
          <FailedReply message={message} />
        </Suspense>
      )}
      {status === 'stopped' && content === '' && <p className="text-14 text-ink-3">Stopped before the first word.</p>}
    </>
  );
}

function Ending({ status, stoppedBy }: { status: MessageView['status']; stoppedBy: string | null }) {
  const { nameOf } = useRoomActions();
  if (status === 'failed') return <span className="text-13 text-danger">failed</span>;
  if (status !== 'stopped') return null;
  const by = stoppedBy ? nameOf(stoppedBy) : null;
  return (
    <span className="max-w-60 truncate text-13 text-ink-3 max-wide:max-w-36">
      stopped
      {by && (
        <>
          {' by '}
          <bdi>{by}</bdi>
        </>
      )}
    </span>
  );
}
