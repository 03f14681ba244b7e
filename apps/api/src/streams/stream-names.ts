/** What a ticket opens: the part of the stream's path between `/api/` and `/events`. */
export const inboxStream = 'inbox';

export const roomStream = (roomId: string): string => `rooms/${roomId}`;

/** What a ticket for one WebSocket opens. */
export const socketStream = 'socket';

/** How long a ticket for one WebSocket is good, in milliseconds. */
export const socketTicketMs = 30_000;
