import { useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { Avatar } from '../../components/ui/avatar.js';

/** The avatars of the first few members, in the room's header. */
export default function MemberStack({ session }: { session: RoomSession }) {
  const { members, characters } = useRoomState(session);
  return (
    <div aria-hidden="true" className="mr-2 flex items-center max-wide:hidden">
      {members.slice(0, 3).map(({ user }) => (
        <Avatar
          key={user.id}
          name={user.displayName}
          avatar={user.avatar}
          kind="person"
          size="small"
          className="-ml-1 rounded-full ring-2 ring-background"
        />
      ))}
      {characters.slice(0, 1).map(({ character }) => (
        <Avatar key={character.id} name={character.name} avatar={character.avatar} kind="character" size="small" className="ml-1" />
      ))}
    </div>
  );
}
