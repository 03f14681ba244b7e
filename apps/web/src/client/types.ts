/** The client's vocabulary, under one roof for the features. */
export type {
  AuthState,
  ConnectionState,
  InboxSession,
  InboxState,
  ParleyClient,
  PendingMessage,
  RoomSession,
  RoomState,
} from '@parley/client';
