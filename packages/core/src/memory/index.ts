export { loadConversation, type ConversationMessage, type ConversationOptions } from './load-conversation.js';
export { loadRoomSummary, storeRoomSummary, type RoomSummary, type SummaryBasis } from './room-summary.js';
