import type { AccountView, MemberView, MessageView, Mine, PrivateReply, RoomCharacterView, RoomView } from '@parley/contracts';
import type { AppRouter } from '@parley/api';
import type { TRPCClient } from '@trpc/client';

export type AuthState = { kind: 'unknown' } | { kind: 'signedOut' } | { kind: 'signedIn'; user: AccountView };

export interface ConnectionState {
  kind: 'connecting' | 'connected' | 'reconnecting' | 'offline';
  rttMs: number | null;
}

export interface PendingMessage {
  clientId: string;
  content: string;
  replyTo: string | null;
  createdAt: string;
  state: 'sending' | 'failed';
  error: { code: string; message: string } | null;
}

export interface RoomState {
  status: 'loading' | 'live' | 'reconnecting' | 'failed';
  error: { code: string; message: string } | null;
  room: RoomView | null;
  mine: Mine | null;
  members: MemberView[];
  characters: RoomCharacterView[];
  messages: MessageView[];
  hasOlder: boolean;
  pending: PendingMessage[];
  privateReplies: PrivateReply[];
  typing: string[];
  online: string[];
}

export interface RoomSession {
  getSnapshot(): RoomState;
  subscribe(listener: () => void): () => void;
  send(content: string, options?: { replyTo?: string }): void;
  retry(clientId: string): void;
  discard(clientId: string): void;
  loadOlder(): Promise<void>;
  stop(messageId: string): Promise<void>;
  markRead(seq: number): void;
  dismissPrivate(id: string): void;
  close(): void;
  replyText(messageId: string): { attempt: number; text: string } | undefined;
  subscribeReply(messageId: string, listener: () => void): () => void;
}

export interface InboxState {
  rooms: { room: RoomView; mine: Mine }[] | null;
  privateReplies: PrivateReply[];
}

export interface InboxSession {
  getSnapshot(): InboxState;
  subscribe(listener: () => void): () => void;
  close(): void;
}

export interface ParleyClient {
  readonly auth: {
    readonly state: AuthState;
    subscribe(listener: () => void): () => void;
    register(input: { username: string; password: string }): Promise<void>;
    login(input: { username: string; password: string }): Promise<void>;
    logout(): Promise<void>;
    restore(): Promise<void>;
  };
  readonly connection: { readonly state: ConnectionState; subscribe(listener: () => void): () => void };
  readonly trpc: TRPCClient<AppRouter>;
  openRoom(roomId: string): RoomSession;
  openInbox(): InboxSession;
}
