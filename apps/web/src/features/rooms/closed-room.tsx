import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { Button } from '../../components/ui/button.js';
import { Notice } from '../../components/ui/notice.js';

interface ClosedRoomProps {
  roomId: string;
  error: { code: string; message: string } | null;
  onReopen: () => void;
}

/** Shown instead of a room that cannot be shown: a public one offers to join, any other says why and offers another try. */
export default function ClosedRoom({ roomId, error, onReopen }: ClosedRoomProps) {
  const client = useClient();
  const [joining, setJoining] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const join = async () => {
    setJoining(true);
    setProblem(null);
    try {
      await client.trpc.rooms.join.mutate({ roomId });
      onReopen();
    } catch (failure) {
      setProblem(errorMessage(failure));
      setJoining(false);
    }
  };
  if (error?.code === 'FORBIDDEN') {
    return (
      <Notice
        title="You are not in this room"
        action={
          <Button look="primary" disabled={joining} onClick={() => void join()}>
            {joining ? 'Joining…' : 'Join room'}
          </Button>
        }
      >
        {problem ?? 'It is public: join it to read along and write.'}
      </Notice>
    );
  }
  return (
    <Notice
      title="This room cannot be opened"
      action={
        <span className="flex items-center gap-3">
          <Button onClick={onReopen}>Try again</Button>
          <Link to="/browse" className="text-14 font-medium text-accent underline-offset-3 hover:underline">
            Browse rooms
          </Link>
        </span>
      }
    >
      {error?.message ?? 'The server did not answer.'}
    </Notice>
  );
}
