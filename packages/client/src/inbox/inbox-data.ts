import type { InboxEvent, PrivateReply } from '@parley/contracts';
import { newerPrivate, withPrivate } from '../replies/newer-private.js';
import type { InboxState } from '../types.js';

const maxPrivateReplies = 100;

/** Applies one event of the inbox. Returns `state` itself if nothing changed. */
export function applyInboxEvent(state: InboxState, event: Exclude<InboxEvent, { type: 'server' }>): InboxState {
  switch (event.type) {
    case 'snapshot':
      return {
        rooms: event.rooms,
        privateReplies: event.privateReplies.map((reply) => newest(state.privateReplies, reply)),
        invitations: event.invitations ?? [],
      };
    case 'counters': {
      const { roomId, lastSeq, lastReadSeq, unread, mentions } = event;
      const index = state.rooms?.findIndex(({ room }) => room.id === roomId) ?? -1;
      const known = state.rooms?.[index];
      if (!known) return state;
      const { mine } = known;
      const same = mine.lastSeq === lastSeq && mine.lastReadSeq === lastReadSeq && mine.unread === unread && mine.mentions === mentions;
      if (same) return state;
      return { ...state, rooms: state.rooms!.with(index, { ...known, mine: { ...mine, lastSeq, lastReadSeq, unread, mentions } }) };
    }
    case 'room': {
      const { room, mine } = event;
      if (!state.rooms) return state;
      const index = state.rooms.findIndex((each) => each.room.id === room.id);
      const known = state.rooms[index];
      if (!mine) return known ? { ...state, rooms: state.rooms.toSpliced(index, 1) } : state;
      const row = { room: known && known.room.rev > room.rev ? known.room : room, mine };
      return {
        ...state,
        rooms: known ? state.rooms.with(index, row) : [...state.rooms, row],
        invitations: state.invitations.filter(({ roomId }) => roomId !== room.id),
      };
    }
    case 'mention':
      // The counters event that follows carries the change.
      return state;
    case 'privateReply':
      return { ...state, privateReplies: withPrivate(state.privateReplies, event.reply, maxPrivateReplies) };
    case 'privateReplyDismissed':
      return { ...state, privateReplies: state.privateReplies.filter(({ id }) => id !== event.id) };
  }
}

/** Picks the newer version of a private reply. A snapshot has no text of a reply in progress, so the text seen before is kept. */
function newest(known: readonly PrivateReply[], reply: PrivateReply): PrivateReply {
  const before = known.find(({ id }) => id === reply.id);
  return before ? newerPrivate(before, reply) : reply;
}
