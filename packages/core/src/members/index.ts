export * from './add-member.js';
export { joinRoom } from './join-room.js';
export { leaveRoom } from './leave-room.js';
export * from './mark-read.js';
export * from './remove-member.js';
export * from './set-mute.js';
export * from './set-role.js';
