export type { AuthorizedMessage } from './authorized-message.js';
export * from './authorized-room.js';
export { refusalError } from './ensure-may.js';
export { RoomAccess, type RoomAccessOptions } from './room-access.js';
