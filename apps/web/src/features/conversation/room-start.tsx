import { useRoomState } from '../../client/client-context.js';
import { daysText, useRetention } from '../../client/use-retention.js';
import { useRoomActions } from './room-actions.js';

/** Where the history begins of a room whose older messages were removed. */
function HistoryStart({ roomId }: { roomId: string }) {
  const retention = useRetention(roomId);
  return (
    <div className="pt-8 pb-2">
      <h2 className="text-15 font-bold">The history begins here</h2>
      <p className="mt-1 text-14 text-ink-2">
        {retention?.days
          ? `Messages older than ${daysText(retention.days)} are removed from this room.`
          : 'Older messages were removed from this room.'}
      </p>
    </div>
  );
}

/** What a room begins with: what it is, and how to go on. */
export default function RoomStart({ title }: { title: string }) {
  const { session, place } = useRoomActions();
  const { room, mine, characters } = useRoomState(session);
  if (room?.historyFromSeq) return <HistoryStart roomId={room.id} />;
  const direct = mine?.direct;
  const answers = direct?.type === 'character' && characters.some(({ character }) => character.id === direct.id);
  const ada = characters.some(({ character }) => character.handle === 'ada');
  return (
    <div className="pt-8 pb-2">
      <h2 className="text-22 font-bold wrap-anywhere">
        This is the start of {place.visibility === 'direct' && 'your conversation with '}
        <bdi>{title}</bdi>
      </h2>
      {!place.archived && (answers || direct?.type !== 'character') && (
        <p className="mt-1 text-14 text-ink-2">
          {answers ? (
            <>
              Say hello: <bdi>{title}</bdi> answers every message.
            </>
          ) : (
            `Say hello, or type / to see ${ada ? 'what Ada can do' : 'the commands'}.`
          )}
        </p>
      )}
    </div>
  );
}
