import type { MessageView } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { useRoomActions } from './room-actions.js';

/** Has an answer written again; pressed twice it is still asked for once. A refusal is told above the composer. */
export function useRegenerate(message: MessageView): { busy: boolean; regenerate: () => void } {
  const { trpc } = useClient();
  const { attempt } = useRoomActions();
  const [busy, setBusy] = useState(false);
  const ask = async () => {
    setBusy(true);
    await attempt(() => trpc.replies.regenerate.mutate({ messageId: message.id }));
    setBusy(false);
  };
  return { busy, regenerate: () => void ask() };
}
