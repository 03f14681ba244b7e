import type { AccountView, Mine } from '@parley/contracts';
import { useLocation, useNavigate, useParams } from '@tanstack/react-router';
import { PanelRight, Search } from 'lucide-react';
import { Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useAuth, useInbox, useOpenRoom, useRoomState, useTellOnline } from '../../client/client-context.js';
import type { RoomSession, RoomState } from '../../client/types.js';
import { useDraftTarget } from '../../client/use-draft.js';
import { useMedia, wideScreen } from '../../client/use-media.js';
import { IconButton } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { Composer } from '../../features/composer/composer.js';
import type { Answer } from '../../features/conversation/why-panel.js';
import { Conversation } from '../../features/conversation/conversation.js';
import { ScreenHeader } from '../../components/ui/screen-header.js';
import { part } from '../../components/ui/part.js';
import { RoomMark } from '../../components/rooms/room-mark.js';
import { lastRoom } from './last-room.js';
import { messageTarget } from './message-target.js';

const AboveComposer = part(() => import('./above-composer.js'));
const ClosedRoom = part(() => import('../../features/rooms/closed-room.js'));
const ConnectionNotice = part(() => import('../../features/connection/connection-notice.js'));
const MemberStack = part(() => import('../../features/members/member-stack.js'));
const ReadOnly = part(() => import('../../features/composer/read-only.js'));
const WhyPanel = part(() => import('../../features/conversation/why-panel.js'));
const RoomPanel = part(() => import('./room-panel.js'));

export function RoomRoute() {
  const { roomId } = useParams({ from: '/signed-in/rooms/$roomId' });
  // Keyed by room, so that a late response cannot touch the next room.
  return <OpenedRoom key={roomId} roomId={roomId} />;
}

function OpenedRoom({ roomId }: { roomId: string }) {
  const auth = useAuth();
  const [opening, setOpening] = useState(0);
  const session = useOpenRoom(roomId, opening);
  useEffect(() => lastRoom.write(roomId), [roomId]);
  if (!session || auth.kind !== 'signedIn') return <ScreenHeader title="" />;
  return <Room key={opening} roomId={roomId} session={session} me={auth.user} onReopen={() => setOpening(opening + 1)} />;
}

interface RoomProps {
  roomId: string;
  session: RoomSession;
  me: AccountView;
  onReopen: () => void;
}

function Room({ roomId, session, me, onReopen }: RoomProps) {
  const state = useRoomState(session);
  useTellOnline(state.online);
  const navigate = useNavigate();
  const location = useLocation();
  const target = useMemo(() => messageTarget(location), [location]);
  const known = useInbox().rooms?.find(({ room }) => room.id === roomId);
  const room = state.room ?? known?.room ?? null;
  const mine = state.mine ?? known?.mine ?? null;
  const gone = state.room ? otherGone(state) : null;
  const title = mine?.direct?.name ?? room?.name ?? '';
  const [panel, setPanel] = usePanel();
  const [replyTo, setReplyTo] = useDraftTarget(me.id, roomId);
  const [editing, setEditing] = useState<string | null>(null);
  /** The answer that *Why this answer* is about, in place of the panel. */
  const [answer, setAnswer] = useState<Answer | null>(null);
  const closeAnswer = useCallback(() => setAnswer(null), []);
  const closePanel = useCallback(() => setPanel('closed'), [setPanel]);
  const left = useCallback(() => void navigate({ to: '/', state: { left: roomId } }), [navigate, roomId]);

  if (state.status === 'failed') {
    return (
      <>
        <ScreenHeader title="Room" />
        <Suspense>
          <ClosedRoom roomId={roomId} error={state.error} onReopen={onReopen} />
          <ConnectionNotice place="screen" />
        </Suspense>
      </>
    );
  }
  // Use the current rows: a message that was deleted meanwhile cannot be edited or answered any more.
  const edited = editing !== null && state.messages.some(({ id, deletedAt, hidden }) => id === editing && deletedAt === null && !hidden);
  const answered = replyTo && (state.messages.find(({ id }) => id === replyTo.id) ?? replyTo);
  const editLast = () => {
    const last = state.messages.findLast(
      ({ kind, author, deletedAt, hidden }) => kind === 'text' && author.id === me.id && deletedAt === null && !hidden,
    );
    if (last) setEditing(last.id);
    return last !== undefined;
  };
  const closed = room?.archivedAt || gone;
  const composer = room && (
    <Composer
      session={session}
      room={room}
      title={title}
      me={me.id}
      replyTo={answered}
      onReplyTo={setReplyTo}
      editing={edited}
      onEditLast={editLast}
    />
  );
  return (
    <div className="flex min-h-0 flex-1">
      <title>{title ? `${title} · Parley` : 'Parley'}</title>
      <div className="flex min-w-0 flex-1 flex-col">
        <ScreenHeader title={room && mine && <RoomMark room={room} mine={mine} />} subtitle={room?.topic}>
          <Suspense>
            <MemberStack session={session} />
          </Suspense>
          <IconButton
            label="Search this room"
            className="max-wide:size-10"
            onClick={() => void navigate({ to: '/search', search: { room: roomId } })}
          >
            <Search {...icon} />
          </IconButton>
          <IconButton
            label="People in this room"
            aria-expanded={panel === 'open'}
            className="aria-expanded:bg-hover max-wide:size-10"
            onClick={() => setPanel(panel === 'open' ? 'closed' : 'open')}
          >
            <PanelRight {...icon} />
          </IconButton>
        </ScreenHeader>
        <Conversation
          session={session}
          me={me}
          target={target}
          editing={editing}
          onEdit={setEditing}
          onReply={setReplyTo}
          onExplain={setAnswer}
        />
        <Suspense fallback={<div className="h-5" />}>
          <AboveComposer session={session} room={room} me={me} />
        </Suspense>
        {room &&
          (closed || mine?.silencedUntil ? (
            <Suspense>
              <ReadOnly gone={gone} silencedUntil={closed ? null : mine?.silencedUntil}>
                {composer}
              </ReadOnly>
            </Suspense>
          ) : (
            composer
          ))}
      </div>
      {answer && (
        <Suspense>
          <WhyPanel session={session} answer={answer} onClose={closeAnswer} />
        </Suspense>
      )}
      {panel !== 'closed' && !answer && room && (
        <Suspense fallback={<div className="w-76 shrink-0 border-l border-line max-panel:hidden" />}>
          <RoomPanel session={session} room={room} me={me} away={panel === 'away'} onClose={closePanel} onLeft={left} />
        </Suspense>
      )}
    </div>
  );
}

type Panel = 'open' | 'closed' | 'away';

/**
 * Whether the panel is shown. One that stands beside the room does not lie down on it when the window becomes narrow: it is away until the
 * window is wide again, or it is asked for.
 */
function usePanel() {
  const [panel, setPanel] = useState<Panel>(() => (window.matchMedia('(min-width: 68.75rem)').matches ? 'open' : 'closed'));
  const wide = useMedia(wideScreen);
  const [wasWide, setWasWide] = useState(wide);
  if (wide !== wasWide) {
    setWasWide(wide);
    if (panel !== 'closed') setPanel(wide ? 'open' : 'away');
  }
  return [panel, setPanel] as const;
}

/** The other side of a direct room that is there no more: a deleted character, or a person whose account was removed. */
function otherGone({ mine, members, characters }: RoomState): Mine['direct'] {
  const other = mine?.direct;
  return other && ![...members.map(({ user }) => user), ...characters.map(({ character }) => character)].some(({ id }) => id === other.id)
    ? other
    : null;
}
