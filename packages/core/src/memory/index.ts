export { loadConversation, type ConversationMessage, type ConversationOptions } from './load-conversation.js';
export { beginRoomMemory, roomMemoryJobs, type MemoryEnd } from './room-memory-sink.js';
export { loadRoomSummary, type RoomSummary, type SummaryBasis } from './room-summary.js';
