import type { MessageView } from './views.js';

/** Unread messages are counted up to here, which stands for “99+”: counting more would read more. */
export const maxUnread = 100;

/** True for what a person calls a message: of a person or character, still there, and not their own. */
export function countsAsUnread({ kind, author, deletedAt }: MessageView, me: string | null): boolean {
  return kind !== 'system' && deletedAt === null && !(author.type === 'user' && author.id === me);
}
