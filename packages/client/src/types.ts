import type { AppRouter } from '@parley/api';
import type {
  AccountView,
  MemberView,
  MessageView,
  Mine,
  PrivateReply,
  QueuedReply,
  RoomCharacterView,
  RoomEvent,
  RoomInvitation,
  RoomView,
  ServerPart,
} from '@parley/contracts';
import type { TRPCClient } from '@trpc/client';

/** A code of `contracts/errors.ts` (or of the reason a socket was closed for good), and the sentence to show. */
export interface Failure {
  code: string;
  message: string;
}

/** `unknown` until `restore`, `login` or `register` has an answer; `reason` where the server ended the session. */
export type AuthState = { kind: 'unknown' } | { kind: 'signedOut'; reason?: Failure } | { kind: 'signedIn'; user: AccountView };

export interface ConnectionState {
  /** `connecting` before the first connection of a session, `reconnecting` after a loss, `offline` when the browser says so and no server answers. */
  kind: 'connecting' | 'connected' | 'reconnecting' | 'offline';
  /** Round trip to the server in milliseconds, measured when a connection opens and every 5 s; null while there is none. */
  rttMs: number | null;
}

/** Which parts the server is without at the moment. The same object until something changes. */
export interface ServerState {
  /**
   * Empty: all is well, or nothing is known. `database`: nothing can be read or stored, and what is written waits in the outbox;
   * `bus`: what others do is seen late; `limits`: signing in and AI are refused; `presence`: who is online is not up to date.
   */
  away: readonly ServerPart[];
}

/** A message that the signed-in person sent and the server has not acknowledged. */
export interface PendingMessage {
  clientId: string;
  content: string;
  replyTo: string | null;
  /** When it was written, by this device's clock; ISO 8601. */
  createdAt: string;
  /** `sending` retries by itself; `failed` waits for `retry` or `discard`. */
  state: 'sending' | 'failed';
  error: Failure | null;
}

/** An immutable picture of a room: the same object until something changed, and the same parts where they did not. */
export interface RoomState {
  status: 'loading' | 'live' | 'reconnecting' | 'failed';
  /** Why the room could not be opened; null otherwise. */
  error: Failure | null;
  room: RoomView | null;
  mine: Mine | null;
  /** All members, or of many the first hundred and those loaded since; `room.memberCount` is how many there are. */
  members: MemberView[];
  /** True while there are members who are not loaded: see {@link RoomSession.loadMembers}. */
  hasMoreMembers: boolean;
  characters: RoomCharacterView[];
  /** Ascending by `seq`, without gaps once live: the latest ones and the older ones loaded so far, or a place in the history. */
  messages: MessageView[];
  hasOlder: boolean;
  /** True while a place in the history is shown and later messages are not loaded: see {@link RoomSession.showAround}. */
  hasNewer: boolean;
  pending: PendingMessage[];
  /** Answers only this person sees, received while the room was open. */
  privateReplies: PrivateReply[];
  /** Ids of the users who are writing. */
  typing: string[];
  /** The answers that are being written, and those that wait; null if there are none. */
  queue: RoomQueue | null;
  /** Ids of the users online; empty in large rooms, which tell only `onlineCount`. */
  online: string[];
  onlineCount: number;
}

export interface RoomQueue {
  /** Those being written first, then those that wait in the order of their turns; the first ones of many. */
  replies: QueuedReply[];
  /** How many there are in all. */
  count: number;
}

export interface ReplyInProgress {
  attempt: number;
  text: string;
}

/** A room that is open: loads, follows, resumes after a loss, sends. */
export interface RoomSession {
  readonly roomId: string;
  getSnapshot(): RoomState;
  /** @returns a function that ends the subscription */
  subscribe(listener: () => void): () => void;
  /**
   * Shows the message as pending at once and sends it, again and again where that can help.
   *
   * @returns its clientId
   * @throws RATE_LIMITED when a thousand messages wait already
   */
  send(content: string, options?: { replyTo?: string | null }): string;
  /** Sends a failed message again, under the same clientId. */
  retry(clientId: string): void;
  /** Drops a pending message. One that is on its way may still arrive. */
  discard(clientId: string): void;
  /** Loads the page before the oldest message. Several calls at once load one page. Rejects with the call's error. */
  loadOlder(): Promise<void>;
  /**
   * Shows the history around `seq`, joined to the latest messages where the two touch. Rejects with the call's error.
   * @returns false if the page was no longer wanted when it arrived: another place or the latest messages were asked for, or {@link stay}
   * was called
   */
  showAround(seq: number): Promise<boolean>;
  /** Keeps what is shown: a place that {@link showAround} is still loading will not be shown. Sending a message does the same. */
  stay(): void;
  /** While `hasNewer`: loads the page after the latest message loaded. Otherwise as {@link loadOlder}. */
  loadNewer(): Promise<void>;
  /** Back from a place in the history to the latest messages. Settles once they are there. */
  showLatest(): Promise<void>;
  /**
   * While `hasMoreMembers`: loads the members of this name, those with these ids (a hundred at most), or the next page of all. They are in
   * the room's state afterwards. Rejects with the call's error.
   */
  loadMembers(where?: { query: string } | { ids: string[] }): Promise<void>;
  /** Stops a reply. Rejects with the call's error. */
  stop(messageId: string): Promise<void>;
  /** Remembers that everything up to `seq` was read; calls are joined. Never moves back. */
  markRead(seq: number): void;
  /**
   * Dismisses a private reply for good, on every device. If the server cannot be told, it stays dismissed until the page is opened
   * again.
   */
  dismissPrivate(id: string): void;
  /** The text of a reply in progress; undefined when nothing is known of it or it is finished (then `content` has it). */
  replyText(messageId: string): ReplyInProgress | undefined;
  /** Calls `listener` when that text has changed. The room's snapshot stays the same object, so nothing else is drawn again. */
  subscribeReply(messageId: string, listener: () => void): () => void;
  /** Every event of the room in order, durable ones each once, after it was applied. For tests and bots. */
  onEvent(listener: (eventId: string, event: RoomEvent) => void): () => void;
  /** Ends the session. What is still pending goes on being sent, and is there again when the room is opened anew. */
  close(): void;
}

export interface InboxState {
  /** Null until the first snapshot. */
  rooms: { room: RoomView; mine: Mine }[] | null;
  privateReplies: PrivateReply[];
  /** Rooms that the person left and is invited to join again, the oldest invitation first. */
  invitations: RoomInvitation[];
}

/** The rooms of the signed-in person with their counters, kept up to date. */
export interface InboxSession {
  getSnapshot(): InboxState;
  subscribe(listener: () => void): () => void;
  close(): void;
}

export interface RegisterInput {
  username: string;
  password: string;
  displayName?: string;
  invite?: string;
}

export interface LoginInput {
  username: string;
  password: string;
}

export interface Auth {
  readonly state: AuthState;
  subscribe(listener: () => void): () => void;
  /** Rejects with the call's error, whose `data.appCode` is the code. */
  register(input: RegisterInput): Promise<void>;
  login(input: LoginInput): Promise<void>;
  /** Ends the session, on the server too. Rejects, and stays signed in, if the server could not be told. */
  logout(): Promise<void>;
  /**
   * Signs in again with the cookie (or the refresh token given). Settles once the server has answered; a server that is away
   * is asked again until then.
   */
  restore(): Promise<void>;
  accessToken(): string | null;
  /**
   * Resolves with an access token that the server will take. An expired token is renewed first: after the device has slept, nothing else
   * has renewed it yet. Rejects with the call's error, or UNAUTHENTICATED.
   */
  freshToken(): Promise<string>;
  /** Applies what a call changed in the signed-in person's account. */
  update(changes: Partial<AccountView>): void;
}

export interface ParleyClient {
  readonly auth: Auth;
  readonly connection: { readonly state: ConnectionState; subscribe(listener: () => void): () => void };
  /**
   * Which parts the server is without, so that the page can say so. While an inbox is open, the server tells; otherwise the client finds
   * out within seconds of a call that could not be served, or of a lost connection.
   */
  readonly server: {
    readonly state: ServerState;
    subscribe(listener: () => void): () => void;
    /** Asks now, without waiting for a call to fail: for a screen that opens before anything was called. */
    check(): void;
  };
  /** All procedures, typed. What sets or clears the cookie (`auth.*`, `users.removeAccount`) goes by HTTP, everything else over the one WebSocket. */
  readonly trpc: TRPCClient<AppRouter>;
  /** @param options.after the rev after which {@link RoomSession.onEvent} shall tell everything; the room's head if not given */
  openRoom(roomId: string, options?: { after?: number }): RoomSession;
  openInbox(): InboxSession;
  /** True if something written in any room is not on the server yet: closing the page would lose it. */
  hasUnsent(): boolean;
  /** Closes every session and the socket, and stops every timer. The session on the server stays. */
  close(): Promise<void>;
}
