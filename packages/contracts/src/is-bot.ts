import type { Avatar } from './views.js';

// Apart from the views: the page's first load needs this, and not what checks views.

/** Whether an account, the author of a message or the other side of a direct room is a bot. @param type what it is @default user */
export function isBot({ type = 'user', avatar }: { type?: 'user' | 'character' | 'system'; avatar: Avatar }): boolean {
  return type === 'user' && avatar.glyph !== null;
}
