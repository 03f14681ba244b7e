import { isInProgress, may, type AccountView, type MessageView, type RoomFacts, type RoomOperationName } from '@parley/contracts';

/** What the reader may do with a message of others that should not be there: beside `mayDo`, for the menu alone. */
export function mayModerate(
  { kind, status, author, deletedAt, hidden }: MessageView,
  { me, place }: { me: AccountView; place: RoomFacts },
) {
  const can = (operation: RoomOperationName) => may(operation, { instanceRole: me.role, room: place });
  const there = kind !== 'system' && deletedAt === null;
  return {
    report: there && !hidden && !(author.type === 'user' && author.id === me.id) && can('reports.create'),
    hide: there && !isInProgress(status) && can('messages.hide'),
  };
}
