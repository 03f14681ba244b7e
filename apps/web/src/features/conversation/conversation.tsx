import type { AccountView, MessageView, RoomFacts, RoomView } from '@parley/contracts';
import { Suspense, useCallback, useMemo, useRef, useState } from 'react';
import { useInbox, useRoomState } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import type { RoomSession, RoomState } from '../../client/types.js';
import { roomFacts } from '../../client/use-may.js';
import { MarkdownContext } from '../../components/markdown/markdown-context.js';
import { useToday } from '../../components/time/use-today.js';
import { Button } from '../../components/ui/button.js';
import { markedName } from '../../components/ui/marked-name.js';
import { part } from '../../components/ui/part.js';
import { MessageList } from './message-list.js';
import { MessagesSkeleton } from './other-rows.js';
import { mergePrivate } from './merge-private.js';
import { RoomActionsContext, type RoomActions } from './room-actions.js';
import { useMarkdownScope } from './use-markdown-scope.js';
import type { Answer } from './why-panel.js';
import { useNewLine } from './use-new-line.js';
import { useWanted, type Target } from './use-wanted.js';

const Announcements = part(() => import('./announcements.js'));
const SourcePreview = part(() => import('./source-preview.js'));

interface ConversationProps {
  session: RoomSession;
  me: AccountView;
  /** The message the page's address names, if it names one. */
  target: Target | null;
  /** Id of the message being edited. */
  editing: string | null;
  onEdit: (messageId: string | null) => void;
  onReply: (message: MessageView) => void;
  onExplain: (answer: Answer) => void;
}

export function Conversation(props: ConversationProps) {
  const state = useRoomState(props.session);
  if (!state.room || state.status === 'loading') return <LoadingConversation />;
  return <LoadedConversation {...props} state={state} room={state.room} />;
}

function LoadingConversation() {
  return (
    <div
      role="log"
      aria-live="off"
      aria-label="Messages"
      aria-busy="true"
      className="flex min-h-0 flex-1 flex-col justify-end overflow-hidden"
    >
      <div className="measure pb-4">
        <MessagesSkeleton rows={5} />
      </div>
    </div>
  );
}

function LoadedConversation({
  session,
  me,
  target,
  editing,
  onEdit,
  onReply,
  onExplain,
  state,
  room,
}: ConversationProps & { state: RoomState; room: RoomView }) {
  const newAfterSeq = useNewLine(session, me.id);
  const { wanted, flashing, openMessage, onFound } = useWanted(session, target);
  const scope = useMarkdownScope(session, openMessage, state.hasMoreMembers ? state.members : null);
  const [problem, setProblem] = useState<string | null>(null);
  const [kept, keep] = useState<string | null>(null);
  const inbox = useInbox().privateReplies;
  const { privateReplies, messages, hasOlder } = state;
  const replies = useMemo(
    () => mergePrivate(privateReplies, inbox, { roomId: session.roomId, since: hasOlder ? messages[0]?.createdAt : undefined }),
    [privateReplies, inbox, session, hasOlder, messages],
  );
  const nameOf = useCallback(
    (userId: string) => {
      const member = session.getSnapshot().members.find(({ user }) => user.id === userId);
      return member ? markedName(member.user) : null;
    },
    [session],
  );
  const attempt = useCallback(async (call: () => Promise<unknown>, what = '') => {
    setProblem(null);
    try {
      await call();
      return true;
    } catch (error) {
      setProblem(what + errorMessage(error));
      return false;
    }
  }, []);
  const role = state.mine?.role ?? null;
  const { visibility, archived, replyControl } = roomFacts(room, role);
  const place = useMemo<RoomFacts>(() => ({ role, visibility, archived, replyControl }), [role, visibility, archived, replyControl]);
  const actions = useMemo<RoomActions>(
    () => ({ session, me, place, attempt, replyTo: onReply, edit: onEdit, keep, openMessage, explain: onExplain, nameOf }),
    [session, me, place, attempt, onReply, onEdit, openMessage, onExplain, nameOf],
  );
  const stretch = useStretch(messages);
  const zone = new Date(useToday()).getTimezoneOffset();
  return (
    <MarkdownContext value={scope}>
      <RoomActionsContext value={actions}>
        <MessageList
          // The list measures its rows by position, so other messages need a new list. So does another time zone, which changes every row.
          key={`${stretch} ${zone}`}
          state={state}
          title={state.mine?.direct?.name ?? room.name}
          privateReplies={replies}
          newAfterSeq={newAfterSeq}
          editing={editing}
          kept={kept}
          wanted={wanted}
          flashing={flashing}
          onFound={onFound}
        />
        <Suspense>
          <Announcements state={state} privateReplies={replies} />
          <SourcePreview session={session} />
        </Suspense>
        {problem && (
          <div role="alert" className="measure flex items-center gap-3 pb-1.5 text-13 text-danger">
            <span className="min-w-0 px-1">{problem}</span>
            <Button size="small" look="quiet" onClick={() => setProblem(null)}>
              Dismiss
            </Button>
          </div>
        )}
      </RoomActionsContext>
    </MarkdownContext>
  );
}

/** A number that changes when another stretch of the history is shown. */
function useStretch(messages: readonly MessageView[]): number {
  const known = useRef({ first: 0, last: Number.MAX_SAFE_INTEGER, stretch: 0 });
  const first = messages[0]?.seq ?? known.current.first;
  const last = messages.at(-1)?.seq ?? known.current.last;
  const apart = first > known.current.last + 1 || last < known.current.first - 1;
  known.current = { first, last, stretch: known.current.stretch + (apart ? 1 : 0) };
  return known.current.stretch;
}
