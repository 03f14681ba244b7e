import type { MessageView } from '@parley/contracts';
import { useClient } from '../../client/client-context.js';
import { useAttempt } from './use-attempt.js';

/** Has a reply written again. */
export function useRegenerate({ id: messageId }: MessageView): { busy: boolean; press: () => void } {
  const { trpc } = useClient();
  return useAttempt(() => trpc.replies.regenerate.mutate({ messageId }));
}
