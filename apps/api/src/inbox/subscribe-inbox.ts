import type { InboxEvent, PrivateReply } from '@parley/contracts';
import { listInvitations } from '@parley/core/members/list-invitations';
import { listJoinedRooms } from '@parley/core/rooms/list-joined-rooms';
import type { Actor } from '@parley/core/sessions/actor';
import { listPrivateReplies } from '@parley/core/sync/list-private-replies';
import type { ApiServices } from '../services.js';

/** A person's inbox, for a reader of any surface: a snapshot first, then what changes. Ends when `signal` aborts. */
export function subscribeInbox(
  { inbox, core, calls }: Pick<ApiServices, 'inbox' | 'core' | 'calls'>,
  actor: Actor,
  signal: AbortSignal | undefined,
): AsyncGenerator<InboxEvent, void, undefined> {
  const { userId, key } = actor;
  const load = async () => {
    // The person's whole inbox, whatever a key shows of it: what was told is compared with the totals of the database.
    const lists = () =>
      Promise.all([listJoinedRooms(core, { userId }), listPrivateReplies(core, actor), listInvitations(core, { userId })]);
    const [rooms, privateReplies, invitations] = await calls.run(lists);
    return { type: 'snapshot' as const, rooms, privateReplies, invitations };
  };
  const events = inbox.events(userId, load, signal);
  return key?.roomIds ? inRooms(new Set(key.roomIds), events) : events;
}

/** Of the events, what is about these rooms. */
async function* inRooms(roomIds: ReadonlySet<string>, events: AsyncGenerator<InboxEvent, void>): AsyncGenerator<InboxEvent, void> {
  // A catch-up tells of all rooms, wherever it was asked for.
  const isOfRooms = ({ roomId, about }: PrivateReply) => roomIds.has(roomId) && about?.command !== 'catchup';
  for await (const event of events) {
    switch (event.type) {
      case 'snapshot':
        yield {
          type: 'snapshot',
          rooms: event.rooms.filter(({ room }) => roomIds.has(room.id)),
          privateReplies: event.privateReplies.filter(isOfRooms),
          invitations: event.invitations?.filter(({ roomId }) => roomIds.has(roomId)) ?? [],
        };
        break;
      case 'counters':
      case 'mention':
        if (roomIds.has(event.roomId)) yield event;
        break;
      case 'room':
        if (roomIds.has(event.room.id)) yield event;
        break;
      case 'privateReply':
        if (isOfRooms(event.reply)) yield event;
        break;
      // Which private reply it was, only a reader knows who was told of it.
      case 'privateReplyDismissed':
      case 'server':
        yield event;
    }
  }
}
