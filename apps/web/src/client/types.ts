/** The client's types, re-exported in one place for the features. */
export type {
  AuthState,
  ConnectionState,
  InboxSession,
  InboxState,
  ParleyClient,
  PendingMessage,
  RoomSession,
  RoomState,
} from '@parley/client/trpc';
