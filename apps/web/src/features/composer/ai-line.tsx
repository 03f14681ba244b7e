import type { RoomView } from '@parley/contracts';
import { Pause } from 'lucide-react';
import { useClient, useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { useCall } from '../../client/use-call.js';
import { roomFacts, useMay } from '../../client/use-may.js';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';

/** How it stands with the AI of the room, above the composer: that it is paused, for whoever may with *Resume*. */
export default function AiLine({ session, room }: { session: RoomSession; room: RoomView }) {
  return <div className="measure text-13 text-ink-2">{room.aiPausedAt && <Paused session={session} room={room} />}</div>;
}

function Paused({ session, room }: { session: RoomSession; room: RoomView }) {
  const { trpc } = useClient();
  const { busy, problem, call } = useCall();
  const may = useMay(roomFacts(room, useRoomState(session).mine?.role ?? null));
  return (
    <div className="flex min-h-6 items-center gap-2 pb-1.5 pl-1">
      <Pause {...icon} className="size-3.5 shrink-0 text-ink-3" />
      <p role="status" className="min-w-0 flex-1">
        AI is paused in this room: nobody answers.
        {problem && (
          <span role="alert" className="block text-danger">
            {problem}
          </span>
        )}
      </p>
      {may('rooms.pauseAi') && (
        <Button
          size="small"
          aria-label="Resume AI"
          disabled={busy}
          onClick={() => void call(() => trpc.rooms.pauseAi.mutate({ roomId: room.id, paused: false }))}
        >
          {busy ? 'Resuming…' : 'Resume'}
        </Button>
      )}
    </div>
  );
}
