import type { PrivateReply } from '@parley/contracts';
import { EyeOff, X } from 'lucide-react';
import type { RoomSession } from '../../client/types.js';
import { GrowingMarkdown, Markdown } from '../../components/markdown/markdown.js';
import { clockTime, elapsed } from '../../components/time/time.js';
import { useNow } from '../../components/time/use-now.js';
import { IconButton } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { PostToRoom } from './post-to-room.js';
import ReplyThoughts from './reply-thoughts.js';
import ReplyTools from './reply-tools.js';
import { useRoomActions } from './room-actions.js';
import { StopControl } from './stop-control.js';

/** An answer that only the reader sees, such as that of `/help`. It is part of no history. */
export default function PrivateRow({ session, reply }: { session: RoomSession; reply: PrivateReply }) {
  return (
    <article
      id={`message-${reply.id}`}
      tabIndex={-1}
      aria-label={`Only you see this, ${clockTime(reply.createdAt)}`}
      className="relative mt-3.5 ml-[46px] rounded-card border border-dashed border-line-strong px-4 pt-2 pb-3"
    >
      {/* As far as its row is in view, so are its *Stop* and *Dismiss*. */}
      <div className="sticky top-0 z-4 flex min-h-7 flex-wrap items-center gap-x-2 gap-y-1.5 bg-background pr-6 text-13 text-ink-3">
        <EyeOff {...icon} size={14} />
        Only you see this
        <time dateTime={reply.createdAt} className="tabular-nums">
          {clockTime(reply.createdAt)}
        </time>
        {reply.status === 'streaming' && <PrivateProgress session={session} reply={reply} />}
        <IconButton
          label="Dismiss"
          className="absolute top-0 -right-2 size-7 max-wide:-top-1.5 max-wide:-right-3.5 max-wide:size-10"
          onClick={() => session.dismissPrivate(reply.id)}
        >
          <X {...icon} />
        </IconButton>
      </div>
      {reply.tools && (
        <ReplyTools
          session={session}
          messageId={reply.id}
          attempt={reply.attempt}
          tools={reply.tools}
          by={reply.about?.by ?? 'The character'}
          inProgress={reply.status === 'streaming'}
        />
      )}
      {reply.status === 'streaming' && !isResting(reply) ? (
        <>
          <ReplyThoughts session={session} message={reply} />
          <GrowingMarkdown source={reply.content} />
        </>
      ) : (
        <Markdown source={reply.content} />
      )}
      {reply.error && (
        <p className={reply.status === 'failed' ? 'text-14 text-danger' : 'mt-1 text-13 text-ink-3'}>{reply.error.message}</p>
      )}
      {reply.status === 'stopped' && <p className="mt-1 text-13 text-ink-3">stopped</p>}
      <div className="mt-2.5 flex flex-wrap items-center gap-x-4 gap-y-1 empty:hidden">
        <PostToRoom reply={reply} />
        <WhyButton reply={reply} />
      </div>
    </article>
  );
}

/** Whether it goes on only once its reader has allowed a tool, or not. */
function isResting({ tools }: PrivateReply): boolean {
  return tools?.some(({ state }) => state === 'waiting') ?? false;
}

/** The progress of a private answer, and its *Stop*. */
function PrivateProgress({ session, reply }: { session: RoomSession; reply: PrivateReply }) {
  const now = useNow(1000);
  const doing = isResting(reply)
    ? 'waiting for you'
    : `${reply.content === '' ? 'thinking' : 'writing'} · ${elapsed(now - Date.parse(reply.createdAt))}`;
  return (
    // Both go to a line of their own where one is too narrow.
    <span className="flex items-center gap-2 py-0.5">
      <StopControl doing={doing} stop={() => session.stop(reply.id)} />
    </span>
  );
}

/** Only of what a model wrote: `/help` has no receipt. */
function WhyButton({ reply }: { reply: PrivateReply }) {
  const { explain } = useRoomActions();
  if (reply.status === 'streaming' || reply.attempt === 0) return null;
  return (
    <button
      type="button"
      className="text-13 text-ink-3 hover:text-ink hover:underline max-wide:h-11"
      onClick={() => explain({ id: reply.id })}
    >
      Why this answer?
    </button>
  );
}
