/** What a ticket opens. Of streams of rooms and the inbox it is the part of the stream's path between `/api/` and `/events`. */
export const inboxStream = 'inbox';

export const roomStream = (roomId: string): string => `rooms/${roomId}`;

/** The events of a conversation of the chat surface. */
export const chatStream = (sessionId: string): string => `chat/${sessionId}`;

/** What a ticket for one WebSocket opens: the socket of this room, or without one a socket of any room. */
export const socketStream = (roomId?: string): string => (roomId === undefined ? 'socket' : `socket/${roomId}`);

/** How long a ticket for one WebSocket is good, in milliseconds. */
export const socketTicketMs = 30_000;
