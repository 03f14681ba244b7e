import type { RoomView } from '@parley/contracts';
import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient, useConnection, useRoomState } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import type { RoomSession } from '../../client/types.js';
import { Avatar } from '../../components/ui/avatar.js';
import { Button, IconButton } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';

interface MembersPanelProps {
  session: RoomSession;
  room: RoomView;
  me: string;
  onClose: () => void;
  onLeft: () => void;
}

/** Who is in the room: beside it on a wide screen, over it on a narrow one. */
export default function MembersPanel({ session, room, me, onClose, onLeft }: MembersPanelProps) {
  const { members, characters, online } = useRoomState(session);
  // Of oneself the page knows before the server tells everyone.
  const connected = useConnection().kind === 'connected';
  const isOnline = (userId: string) => (userId === me ? connected : online.includes(userId));
  useEscapeWhileOver(onClose);
  return (
    <aside
      aria-label="About this room"
      className="flex w-76 shrink-0 flex-col border-l border-line bg-background max-panel:absolute max-panel:inset-y-0 max-panel:right-0 max-panel:z-10 max-panel:w-[min(304px,100%)] max-panel:animate-[slide-in_160ms_ease-out] max-panel:shadow-float max-wide:w-full"
    >
      <div className="flex h-14 shrink-0 items-center justify-between pr-3 pl-4">
        <h2 className="text-15 font-bold">In this room</h2>
        <IconButton label="Close" onClick={onClose}>
          <X {...icon} />
        </IconButton>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-4">
        {room.topic && <p className="mb-4 text-14 wrap-anywhere text-ink-2 wide:hidden">{room.topic}</p>}
        <ul className="flex flex-col">
          {members.map(({ user, role }) => (
            <li key={user.id} className="flex h-[30px] items-center gap-2.5 text-14 max-wide:h-10">
              <Avatar name={user.displayName} avatar={user.avatar} kind="person" size="small" online={isOnline(user.id)} />
              <span className="truncate">{user.displayName}</span>
              {role !== 'member' && <span className="ml-auto text-12 text-ink-3">{role}</span>}
            </li>
          ))}
          {characters.map(({ character, autoReply }) => (
            <li key={character.id} className="flex h-[30px] items-center gap-2.5 text-14 max-wide:h-10">
              <Avatar name={character.name} avatar={character.avatar} kind="character" size="small" />
              <span className="truncate">{character.name}</span>
              <span className="ml-auto text-12 whitespace-nowrap text-ink-3">
                AI · {autoReply === 'always' ? 'always answers' : 'when mentioned'}
              </span>
            </li>
          ))}
        </ul>
        <LeaveRoom roomId={room.id} onLeft={onLeft} />
      </div>
    </aside>
  );
}

/** Where the panel lies over the room, Escape closes it. */
function useEscapeWhileOver(onClose: () => void) {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && window.matchMedia('(width < 68.75rem)').matches) onClose();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [onClose]);
}

function LeaveRoom({ roomId, onLeft }: { roomId: string; onLeft: () => void }) {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const leave = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await client.trpc.rooms.leave.mutate({ roomId });
      onLeft();
    } catch (error) {
      setProblem(errorMessage(error));
      setBusy(false);
    }
  };
  return (
    <div className="mt-6">
      <Button disabled={busy} onClick={() => void leave()}>
        {busy ? 'Leaving…' : 'Leave room'}
      </Button>
      {problem && (
        <p role="alert" className="mt-2 text-13 text-danger">
          {problem}
        </p>
      )}
    </div>
  );
}
