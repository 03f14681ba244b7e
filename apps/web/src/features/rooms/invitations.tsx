import type { RoomInvitation } from '@parley/contracts';
import { useRouter } from '@tanstack/react-router';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { markedName } from '../../components/ui/marked-name.js';

/** Rooms that the person left and is asked back to. A row goes when it is answered, here or in another tab. */
export default function Invitations({ invitations }: { invitations: readonly RoomInvitation[] }) {
  return (
    <ul aria-label="Invitations" className="flex flex-col">
      {invitations.map((invitation) => (
        <Invitation key={invitation.roomId} invitation={invitation} />
      ))}
    </ul>
  );
}

function Invitation({ invitation: { roomId, roomName, invitedBy } }: { invitation: RoomInvitation }) {
  const { trpc } = useClient();
  const { history, navigate } = useRouter();
  const { busy, problem, call } = useCall();
  const join = async () => {
    // Not by `useStillHere`: the room may be in the list before the answer is here, and then this row is gone.
    const from = history.location;
    const joined = await call(() => trpc.rooms.acceptInvitation.mutate({ roomId }));
    if (joined && history.location === from) await navigate({ to: '/rooms/$roomId', params: { roomId } });
  };
  return (
    <li className="flex shrink-0 flex-col px-2.5 py-2 text-14 max-wide:text-15">
      <span className="flex min-w-0 font-medium">
        <span aria-hidden="true" className="mr-[0.3em]">
          #
        </span>
        <span dir="auto" className="truncate">
          {roomName}
        </span>
      </span>
      <span className="text-13 wrap-anywhere text-ink-2">
        <bdi>{markedName(invitedBy)}</bdi> invites you
      </span>
      {problem && (
        <span role="alert" className="text-13 text-danger">
          {problem}
        </span>
      )}
      <span className="mt-1.5 flex gap-2 max-wide:mt-2.5 max-wide:mb-1 max-wide:gap-3">
        <Button size="small" aria-label={`Join ${roomName}`} disabled={busy} onClick={() => void join()}>
          Join
        </Button>
        <Button
          size="small"
          look="quiet"
          aria-label={`Decline the invitation to ${roomName}`}
          disabled={busy}
          onClick={() => void call(() => trpc.rooms.declineInvitation.mutate({ roomId }))}
        >
          Decline
        </Button>
      </span>
    </li>
  );
}
