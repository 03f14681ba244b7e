export { accountView, type AccountRow } from './account-rows.js';
export * from './presenters.js';
export { publishInbox } from './publish-membership.js';
export * from './publish-room-events.js';
export * from './room-rows.js';
