import type { AccountView, RoomView } from '@parley/contracts';
import { Suspense } from 'react';
import type { RoomSession } from '../../client/types.js';
import { part } from '../../components/ui/part.js';
import TypingLine from '../../features/composer/typing-line.js';
import ConnectionNotice from '../../features/connection/connection-notice.js';
import OwnStop from '../../features/conversation/own-stop.js';
import { BudgetMeter } from '../../features/usage/budget-meter.js';

const AiLine = part(() => import('../../features/composer/ai-line.js'));

/** The lines between what was said and the box: what is lost or paused, what runs out, who writes, what can be stopped. */
export default function AboveComposer({ session, room, me }: { session: RoomSession; room: RoomView | null; me: AccountView }) {
  return (
    <>
      <ConnectionNotice place="room" />
      {room?.aiPausedAt && (
        <Suspense>
          <AiLine session={session} room={room} />
        </Suspense>
      )}
      {room && <BudgetMeter session={session} room={room} me={me.id} />}
      <TypingLine session={session} room={room} me={me.id}>
        <OwnStop session={session} me={me} />
      </TypingLine>
    </>
  );
}
