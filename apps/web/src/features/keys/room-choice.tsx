import { maxRoomsPerKey } from '@parley/contracts';
import { useId } from 'react';
import { useInbox } from '../../client/client-context.js';
import { RoomMark } from '../../components/rooms/room-mark.js';
import { ChoiceCards } from '../../components/ui/choice-cards.js';
import { CheckLine } from '../../components/ui/check-line.js';

interface RoomChoiceProps {
  forBot: boolean;
  /** Ids; null for all rooms. */
  chosen: readonly string[] | null;
  onChange: (chosen: readonly string[] | null) => void;
  error: string | undefined;
}

/** Where a key acts: in all rooms of the account, or in some. Of a bot's rooms the page knows those that the user is in too. */
export function RoomChoice({ forBot, chosen, onChange, error }: RoomChoiceProps) {
  const id = useId();
  const rooms = (useInbox().rooms ?? []).filter(({ mine }) => !forBot || !mine.direct);
  const choices = [
    { value: 'all', label: forBot ? 'All its rooms' : 'All my rooms', means: 'Also those to come.' },
    { value: 'some', label: 'Only some', means: 'It knows of no other.' },
  ] as const;
  return (
    <div>
      <ChoiceCards
        legend="In which rooms"
        name="rooms"
        choices={choices}
        value={chosen ? 'some' : 'all'}
        onChange={(value) => onChange(value === 'all' ? null : [])}
      />
      {chosen && (
        <div role="group" aria-label="Rooms" className="mt-2 max-h-56 overflow-y-auto rounded-control border border-line px-3 py-1.5">
          {forBot && <p className="py-1 text-13 text-ink-2">The bot has to be in a room before its key can be limited to it.</p>}
          {rooms.length === 0 && <p className="py-1 text-14 text-ink-2">You are in no room.</p>}
          {rooms.map(({ room, mine }) => (
            <CheckLine
              key={room.id}
              checked={chosen.includes(room.id)}
              onChange={(on) => onChange(on ? [...chosen, room.id].slice(0, maxRoomsPerKey) : chosen.filter((each) => each !== room.id))}
              errorId={error && id}
            >
              <RoomMark room={room} mine={mine} />
            </CheckLine>
          ))}
        </div>
      )}
      <div aria-live="polite">
        {error && (
          <p id={id} className="mt-1.5 text-13 text-danger">
            {error}
          </p>
        )}
      </div>
    </div>
  );
}
