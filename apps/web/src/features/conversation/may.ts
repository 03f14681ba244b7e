import { isInProgress, may, type AccountView, type MessageView, type RoomFacts, type RoomOperationName } from '@parley/contracts';

interface Reader {
  me: Pick<AccountView, 'id' | 'role'>;
  place: RoomFacts;
}

/**
 * What the reader may do with a message as it is now. The table of operations decides, so that no control is shown that the server would
 * refuse.
 */
export function mayDo(message: MessageView, { me, place }: Reader) {
  const own = isOwn(message, me.id);
  const there = message.kind !== 'system' && message.deletedAt === null && !isInProgress(message.status);
  const hidden = message.hidden === true;
  // Of a hidden message there is nothing to act on but that it is hidden.
  const can = (operation: RoomOperationName, whenHidden = false) =>
    there && (!hidden || whenHidden) && may(operation, { instanceRole: me.role, room: place, own });
  return {
    link: can('messages.list', true),
    react: can('messages.react'),
    quote: can('messages.send'),
    edit: message.kind === 'text' && can('messages.edit'),
    delete: can('messages.delete', true),
    pin: can('messages.pin'),
    hide: can('messages.hideFromAi'),
    explain: message.kind === 'reply' && can('replies.receipt'),
    regenerate: message.kind === 'reply' && can('replies.regenerate'),
    choose: message.kind === 'reply' && can('replies.choose'),
  };
}

/** True for a text that this user wrote, and for a reply that this user asked for. */
export function isOwn({ author, reply }: MessageView, userId: string): boolean {
  return author.type === 'user' ? author.id === userId : reply?.askedBy === userId;
}
