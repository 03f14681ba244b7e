import type { RoomState } from '../../client/types.js';

/** The room without what was removed by its age: of that it shows only messages that a hold has kept. */
export function sinceHistory(state: RoomState): RoomState {
  const from = state.room?.historyFromSeq;
  if (!from) return state;
  const { messages, hasOlder } = state;
  return {
    ...state,
    messages: messages.filter(({ seq, deletedAt, kind }) => seq > from || (deletedAt === null && kind !== 'system')),
    hasOlder: hasOlder && messages[0]!.seq > from + 1,
  };
}
