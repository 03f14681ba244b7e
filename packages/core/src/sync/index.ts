export { admitReader, type Admission, type ActiveReply } from './admit-reader.js';
export { listPrivateReplies } from './list-private-replies.js';
export { loadChanges, type RoomChanges } from './load-changes.js';
export { loadHeads, type RoomHead } from './load-heads.js';
export { loadInboxMarks, type InboxMarks } from './load-inbox-marks.js';
