import { isBot, type Mine, type RoomView } from '@parley/contracts';
import { Lock } from 'lucide-react';
import { Avatar } from '../ui/avatar.js';
import { NameMark } from '../ui/name-mark.js';

interface RoomMarkProps {
  room: RoomView;
  mine: Mine;
  online?: boolean | undefined;
}

/** What a room is called, with the sign of its kind: `#`, a lock, or the other side of a direct room. */
export function RoomMark({ room, mine, online }: RoomMarkProps) {
  const { direct } = mine;
  if (direct) {
    return (
      <span className="flex min-w-0 items-center gap-2.5">
        <Avatar
          name={direct.name}
          avatar={direct.avatar}
          kind={direct.type === 'character' ? 'character' : 'person'}
          size="small"
          online={online}
        />
        <span dir="auto" className="truncate">
          {direct.name}
        </span>
        {isBot(direct) && <NameMark says="bot" />}
      </span>
    );
  }
  return (
    <span className="flex min-w-0 items-center">
      {room.visibility === 'private' ? (
        <>
          <Lock size={13} strokeWidth={2} aria-hidden="true" className="mr-1.5 shrink-0" />
          <span className="sr-only">Private room </span>
        </>
      ) : (
        <span aria-hidden="true" className="mr-[0.3em]">
          #
        </span>
      )}
      <span dir="auto" className="truncate">
        {room.name}
      </span>
    </span>
  );
}
