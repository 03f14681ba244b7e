import { useEffect } from 'react';
import { useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { useDebounced } from '../../client/use-debounced.js';
import { mentionBegun } from './completion.js';

interface MemberLookupProps {
  session: RoomSession;
  text: string;
  caret: number;
}

/** In a room of many, asks the server for the members of the name that is being typed, so that the menu has them. Shows nothing itself. */
export function MemberLookup({ session, text, caret }: MemberLookupProps) {
  const { hasMoreMembers } = useRoomState(session);
  const typed = useDebounced(mentionBegun(text, caret)?.typed ?? '', 150);
  useEffect(() => {
    // What was found before is still offered if this cannot be asked.
    if (hasMoreMembers && typed !== '') session.loadMembers({ query: typed }).catch(() => undefined);
  }, [session, hasMoreMembers, typed]);
  return null;
}
