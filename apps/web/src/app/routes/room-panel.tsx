import type { AccountView, RoomView } from '@parley/contracts';
import { useState } from 'react';
import type { RoomSession } from '../../client/types.js';
import { part } from '../../components/ui/part.js';
import { Summon } from '../../components/ui/summon.js';
import MembersPanel from '../../features/members/members-panel.js';

const RoomSettings = part(() => import('../../features/rooms/room-settings.js'));

interface RoomPanelProps {
  session: RoomSession;
  room: RoomView;
  me: AccountView;
  away: boolean;
  onClose: () => void;
  onLeft: () => void;
}

/** The right side of a room: who is in it, and the way to its settings. */
export default function RoomPanel({ session, room, me, away, onClose, onLeft }: RoomPanelProps) {
  const [settings, setSettings] = useState(false);
  return (
    <>
      <MembersPanel session={session} room={room} me={me} away={away} onClose={onClose} onSettings={() => setSettings(true)} />
      <Summon onDrop={() => setSettings(false)}>
        {settings && <RoomSettings session={session} room={room} onClose={() => setSettings(false)} onLeft={onLeft} />}
      </Summon>
    </>
  );
}
