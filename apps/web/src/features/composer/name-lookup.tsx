import { useEffect, useMemo, useRef } from 'react';
import { useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';

/** The most people who are asked for at once. */
const most = 100;
/** Names that are wanted shortly after one another are asked for together, in milliseconds. */
const togetherMs = 200;

/**
 * In a room of many, asks the server who the people are that the page names: those who write, are online, are mentioned or have reacted.
 * Shows nothing itself.
 */
export function NameLookup({ session }: { session: RoomSession }) {
  const { members, characters, typing, online, messages, hasMoreMembers } = useRoomState(session);
  const asked = useRef(new Set<string>());
  const named = useMemo(
    () => new Set(messages.flatMap(({ mentions, reactions }) => [...mentions, ...reactions.flatMap(({ userIds }) => userIds)])),
    [messages],
  );
  useEffect(() => {
    if (!hasMoreMembers) return;
    const known = new Set([...members.map(({ user }) => user.id), ...characters.map(({ character }) => character.id), ...asked.current]);
    const ids = [...new Set([...typing, ...online, ...named])].filter((id) => !known.has(id)).slice(0, most);
    if (ids.length === 0) return;
    const timer = setTimeout(() => {
      for (const id of ids) asked.current.add(id);
      // The next change asks again for those that could not be asked for.
      session.loadMembers({ ids }).catch(() => ids.forEach((id) => asked.current.delete(id)));
    }, togetherMs);
    return () => clearTimeout(timer);
  }, [session, members, characters, typing, online, named, hasMoreMembers]);
  return null;
}
