export { admitReader, type Admission, type ReplyInProgress } from './admit-reader.js';
export { answerPrivately, type PrivateCommand } from './answer-privately.js';
export { listMessages, type ListMessagesInput, type MessagePage } from './list-messages.js';
export { loadChanges, type RoomChanges } from './load-changes.js';
export { loadHeads, type RoomHead } from './load-heads.js';
export { messageView, type MessageRow } from './message-view.js';
export { postMessage, type PostedMessage } from './post-message.js';
export { sendMessage, type SendMessageInput } from './send-message.js';
export { findSentMessage, type SentMessage } from './find-sent-message.js';
