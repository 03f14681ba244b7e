/** Rooms write messages too (system lines, greetings), so rows and views of messages live one layer down. */
export { messageJson, messageView, type MessageRow } from '../rooms/message-rows.js';
