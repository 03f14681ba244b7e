/** What a ticket opens: the part of the stream's path between `/api/` and `/events`. */
export const inboxStream = 'inbox';

export const roomStream = (roomId: string): string => `rooms/${roomId}`;
