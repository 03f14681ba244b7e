import type { MessageView } from '@parley/contracts';
import { Button } from '../../components/ui/button.js';
import { mayDo } from './may.js';
import { useRoomActions } from './room-actions.js';
import { useRegenerate } from './use-regenerate.js';

/** Why a reply failed, and the way to ask again, for those who may. */
export default function FailedReply({ message }: { message: MessageView }) {
  const actions = useRoomActions();
  const { busy, press: regenerate } = useRegenerate(message);
  return (
    <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-14 text-danger first:mt-0">
      {message.error?.message ?? 'Something went wrong while writing the reply.'}
      {mayDo(message, actions).regenerate && (
        <Button size="small" disabled={busy} onClick={regenerate}>
          Try again
        </Button>
      )}
    </p>
  );
}
