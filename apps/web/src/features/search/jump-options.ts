import { foldText, type CharacterEntry, type UserView } from '@parley/contracts';
import type { InboxState } from '../../client/types.js';

type JoinedRoom = NonNullable<InboxState['rooms']>[number];

/** A place to jump to. */
export type JumpOption =
  | { kind: 'room'; key: string; joined: JoinedRoom }
  | { kind: 'person'; key: string; user: UserView }
  | { kind: 'character'; key: string; character: CharacterEntry['character'] }
  | { kind: 'messages'; key: string; query: string };

/** `places`: rooms, people, characters and messages. `people`: whom one can talk to alone. */
export type JumpKind = 'places' | 'people';

/** How many of a kind are listed among others, and how many people where only they are wanted. */
const maxOfKind: Record<JumpKind, number> = { places: 6, people: 50 };

/**
 * The options for what was typed: rooms that the person is in (unread ones first while nothing is typed), then people and characters, and
 * at last the messages. A person or a character with whom there is a direct room is left out, because that room is listed.
 */
export function jumpOptions(
  typed: string,
  known: { rooms: readonly JoinedRoom[]; users: readonly UserView[]; characters: readonly CharacterEntry[]; me: string; wanted: JumpKind },
): JumpOption[] {
  const query = foldText(typed.trim());
  const everyone = known.wanted === 'people';
  const most = maxOfKind[known.wanted];
  const nameOf = ({ room, mine }: JoinedRoom) => mine.direct?.name ?? room.name;
  const rooms = known.rooms
    .filter(({ mine }) => !everyone || mine.direct)
    .map((joined) => ({ joined, rank: rankOf(nameOf(joined), query) }))
    .filter(({ rank }) => rank < 3)
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        Number(isUnread(b.joined)) - Number(isUnread(a.joined)) ||
        nameOf(a.joined).localeCompare(nameOf(b.joined), undefined, { numeric: true }),
    )
    .slice(0, query === '' ? 2 * most : most)
    .map(({ joined }): JumpOption => ({ kind: 'room', key: joined.room.id, joined }));
  const direct = new Set(known.rooms.map(({ mine }) => mine.direct?.id));
  const users = known.users
    .filter(({ id }) => id !== known.me && !direct.has(id))
    .slice(0, most)
    .map((user): JumpOption => ({ kind: 'person', key: user.id, user }));
  const characters = known.characters
    .filter(({ character }) => !direct.has(character.id) && Math.min(rankOf(character.name, query), rankOf(character.handle, query)) < 3)
    .slice(0, most)
    .map(({ character }): JumpOption => ({ kind: 'character', key: character.id, character }));
  const messages: JumpOption[] = query === '' || everyone ? [] : [{ kind: 'messages', key: 'messages', query: typed.trim() }];
  return [...rooms, ...users, ...(query === '' && !everyone ? [] : characters), ...messages];
}

function isUnread({ mine }: JoinedRoom): boolean {
  return mine.unread > 0 && !mine.muted;
}

/** 0 if the name begins with the query, 1 if one of its words does, 2 if the query is anywhere inside, 3 for no match. */
function rankOf(name: string, query: string): number {
  const folded = foldText(name);
  if (folded.startsWith(query)) return 0;
  if (folded.split(/[\s_-]+/u).some((word) => word.startsWith(query))) return 1;
  return folded.includes(query) ? 2 : 3;
}
