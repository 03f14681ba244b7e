import { hasRoomRole, type MessageView, type RoomRole } from '@parley/contracts';

/** Who may do what with a message, as the server's own table has it, so that no control is shown that would be refused. */
export function mayDo(message: MessageView, { me, role, archived }: { me: { id: string }; role: RoomRole | null; archived: boolean }) {
  const inProgress = message.status === 'queued' || message.status === 'streaming';
  const there = message.kind !== 'system' && message.deletedAt === null && role !== null && !archived && !inProgress;
  const moderator = role !== null && hasRoomRole(role, 'moderator');
  const author = message.author.type === 'user' && message.author.id === me.id;
  const asked = message.reply?.askedBy === me.id;
  return {
    react: there,
    quote: there,
    edit: there && author && message.kind === 'text',
    delete: there && (author || asked || moderator),
    pin: there && moderator,
    regenerate: there && message.kind === 'reply' && (asked || moderator),
  };
}
