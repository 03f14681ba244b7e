import { hasRoomRole, type MessageView, type RoomRole } from '@parley/contracts';

interface Reader {
  me: { id: string };
  role: RoomRole | null;
  archived: boolean;
  /** In a one-to-one room both may pin. */
  direct: boolean;
}

/** Who may do what with a message, as the server's own table has it, so that no control is shown that would be refused. */
export function mayDo(message: MessageView, { me, role, archived, direct }: Reader) {
  const inProgress = message.status === 'queued' || message.status === 'streaming';
  const there = message.kind !== 'system' && message.deletedAt === null && role !== null && !inProgress;
  // What was said in an archived room stays as it is, but for what is taken back.
  const open = there && !archived;
  const moderator = role !== null && hasRoomRole(role, 'moderator');
  const author = message.author.type === 'user' && message.author.id === me.id;
  const asked = message.reply?.askedBy === me.id;
  return {
    link: there,
    react: open,
    quote: open,
    edit: open && author && message.kind === 'text',
    delete: there && (author || asked || moderator),
    pin: open && (moderator || direct),
    regenerate: open && message.kind === 'reply' && (asked || moderator),
  };
}
