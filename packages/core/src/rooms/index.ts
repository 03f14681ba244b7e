export * from './archive-room.js';
export * from './create-room.js';
export * from './get-room.js';
export * from './list-joined-rooms.js';
export * from './list-public-rooms.js';
export * from './lobby.js';
export * from './open-direct-room.js';
export * from './update-room.js';
