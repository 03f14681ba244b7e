import type { RoomsRetentionOutput } from '@parley/contracts';
import { useEffect, useState } from 'react';
import { useClient } from './client-context.js';

/** How long a room keeps its messages; null until the server has said it. @param changed asked for again when this changes */
export function useRetention(roomId: string, changed?: unknown): RoomsRetentionOutput | null {
  const { trpc } = useClient();
  const [retention, setRetention] = useState<RoomsRetentionOutput | null>(null);
  useEffect(() => {
    let gone = false;
    trpc.rooms.retention.query({ roomId }).then(
      (found) => {
        if (!gone) setRetention(found);
      },
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [trpc, roomId, changed]);
  return retention;
}

export function daysText(days: number): string {
  return days === 1 ? 'a day' : `${days} days`;
}
