// This file is separate because a page loads it only in rooms of many.
import type { MemberPage } from '../calls.js';
import type { RoomData } from './room-data.js';

export interface MembersLoad {
  /** @param after where the next page of all members begins */
  read(after: string): Promise<MemberPage>;
  /** What the room shows now; null while it shows nothing, and once it is closed. */
  data(): RoomData | null;
  show(data: RoomData): void;
  /** True if `read` reads the next page of all members; false if it reads some by name or id. */
  isNext: boolean;
}

/** Adds members to a room of which not all are known. Rejects with the call's error. */
export async function loadMembers({ read, data, show, isNext }: MembersLoad): Promise<void> {
  for (let after = data()?.nextMembers; after; after = data()?.nextMembers) {
    const page = await read(after);
    const now = data();
    // Somebody has left since the page was read, who may be in it: read it again.
    if (!now || page.rev < now.leftRev) continue;
    return show(addMembers(now, page, isNext ? after : null));
  }
}

/** @param after where the page begins; null for members of a name or with certain ids */
function addMembers(data: RoomData, page: MemberPage, after: string | null): RoomData {
  const rows = new Map(data.members.map((row) => [row.user.id, row]));
  for (const row of page.members) if ((rows.get(row.user.id)?.rev ?? 0) < row.rev) rows.set(row.user.id, row);
  return { ...data, members: [...rows.values()], nextMembers: after === data.nextMembers ? page.next : data.nextMembers };
}
