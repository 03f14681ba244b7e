import type { AccountView } from '@parley/contracts';
import { useNavigate, useParams } from '@tanstack/react-router';
import { PanelRight } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useAuth, useInbox, useOpenRoom, useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { IconButton } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { Composer } from '../../features/composer/composer.js';
import { ConnectionNotice } from '../../features/connection/connection-notice.js';
import { Conversation } from '../../features/conversation/conversation.js';
import { MemberStack } from '../../features/members/member-stack.js';
import { ScreenHeader } from '../../features/rooms/room-header.js';
import { lastRoom } from './last-room.js';

const ClosedRoom = lazy(() => import('../../features/rooms/closed-room.js'));
const MembersPanel = lazy(() => import('../../features/members/members-panel.js'));

export function RoomRoute() {
  const { roomId } = useParams({ from: '/signed-in/rooms/$roomId' });
  const auth = useAuth();
  const [opening, setOpening] = useState(0);
  const session = useOpenRoom(roomId, opening);
  useEffect(() => lastRoom.write(roomId), [roomId]);
  if (!session || auth.kind !== 'signedIn') return <ScreenHeader title="" />;
  return <Room key={`${roomId} ${opening}`} roomId={roomId} session={session} me={auth.user} onReopen={() => setOpening(opening + 1)} />;
}

interface RoomProps {
  roomId: string;
  session: RoomSession;
  me: AccountView;
  onReopen: () => void;
}

function Room({ roomId, session, me, onReopen }: RoomProps) {
  const state = useRoomState(session);
  const navigate = useNavigate();
  const known = useInbox().rooms?.find(({ room }) => room.id === roomId)?.room;
  const room = state.room ?? known ?? null;
  const [panel, setPanel] = useState(() => window.matchMedia('(min-width: 68.75rem)').matches);

  if (state.status === 'failed') {
    return (
      <>
        <ScreenHeader title="" />
        <Suspense>
          <ClosedRoom roomId={roomId} error={state.error} onReopen={onReopen} />
        </Suspense>
      </>
    );
  }
  return (
    <div className="flex min-h-0 flex-1">
      <title>{room ? `${room.name} · Parley` : 'Parley'}</title>
      <div className="flex min-w-0 flex-1 flex-col">
        <ScreenHeader
          title={
            <>
              <span aria-hidden="true"># </span>
              {room?.name}
            </>
          }
          subtitle={room?.topic}
        >
          <MemberStack session={session} />
          <IconButton
            label="People in this room"
            aria-expanded={panel}
            className="aria-expanded:bg-hover max-wide:size-10"
            onClick={() => setPanel(!panel)}
          >
            <PanelRight {...icon} />
          </IconButton>
        </ScreenHeader>
        <Conversation session={session} me={me} />
        <ConnectionNotice />
        {room && <Composer session={session} room={room} me={me.id} />}
      </div>
      {panel && room && (
        <Suspense fallback={<div className="w-76 shrink-0 border-l border-line max-panel:hidden" />}>
          <MembersPanel
            session={session}
            room={room}
            me={me.id}
            onClose={() => setPanel(false)}
            onLeft={() => void navigate({ to: '/' })}
          />
        </Suspense>
      )}
    </div>
  );
}
