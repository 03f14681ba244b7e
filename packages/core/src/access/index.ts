export * from './authorized-room.js';
export { RoomAccess, type RoomAccessOptions, type RoomProcedureName } from './room-access.js';
