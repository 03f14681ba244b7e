import type { DurableEvent } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { roomCharacterView } from '../protocol/presenters.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { roomCharacterJson, type RoomCharacterRow } from '../protocol/room-rows.js';

/** What a statement that changed a character wrote in one room. */
export interface EntryWritten {
  roomId: string;
  seq: number;
  rev: number;
  entry: RoomCharacterRow;
  line: MessageRow | null;
}

/** JSON of {@link EntryWritten}s, from `numbered`, `entry` (`room_characters` rows), `changed` (the character) and `lines`. */
export const entriesWritten = Prisma.sql`(select coalesce(json_agg(json_build_object('roomId', n.room_id, 'seq', n.last_seq, 'rev', n.last_rev,
      'entry', ${roomCharacterJson('entry', 'changed')},
      'line', (select said.json from lines said where said.room_id = n.room_id))), '[]')
    from numbered n join entry on entry.room_id = n.room_id cross join changed)`;

/** Tells every room what became of a character in it. */
export function announceEntries(deps: Pick<CoreDeps, 'bus' | 'log'>, written: readonly EntryWritten[], left: boolean): void {
  for (const { roomId, seq, rev, entry, line } of written) {
    const events: DurableEvent[] = [{ type: 'character', rev: entry.rev, character: roomCharacterView(entry), left }];
    if (line) events.push({ type: 'message', rev: line.rev, message: messageView(line) });
    publishRoomEvents(deps, roomId, events, { seq, rev });
  }
}
