import { createContext, use, useEffect, useState, useSyncExternalStore } from 'react';
import type { AuthState, ConnectionState, InboxSession, InboxState, ParleyClient, RoomSession, RoomState } from './types.js';

export const ClientContext = createContext<ParleyClient | null>(null);

export function useClient(): ParleyClient {
  const client = use(ClientContext);
  if (!client) throw new Error('useClient needs a ClientContext above it');
  return client;
}

export function useAuth(): AuthState {
  const { auth } = useClient();
  return useSyncExternalStore(
    (listener) => auth.subscribe(listener),
    () => auth.state,
  );
}

export function useConnection(): ConnectionState {
  const { connection } = useClient();
  return useSyncExternalStore(
    (listener) => connection.subscribe(listener),
    () => connection.state,
  );
}

/**
 * A room's session, open as long as the component is mounted; null before the first effect.
 * @param opening a new number opens the room again
 */
export function useOpenRoom(roomId: string, opening: number): RoomSession | null {
  const client = useClient();
  const [open, setOpen] = useState<{ roomId: string; opening: number; session: RoomSession } | null>(null);
  useEffect(() => {
    const session = client.openRoom(roomId);
    setOpen({ roomId, opening, session });
    return () => session.close();
  }, [client, roomId, opening]);
  return open?.roomId === roomId && open.opening === opening ? open.session : null;
}

export function useRoomState(session: RoomSession): RoomState {
  return useSyncExternalStore(
    (listener) => session.subscribe(listener),
    () => session.getSnapshot(),
  );
}

/** The text of a reply in progress. A token renders again only the components that call this for its message. */
export function useReplyText(session: RoomSession, messageId: string): string {
  return useSyncExternalStore(
    (listener) => session.subscribeReply(messageId, listener),
    () => session.replyText(messageId)?.text ?? '',
  );
}

const loadingInbox: InboxState = { rooms: null, privateReplies: [], invitations: [] };

export const InboxContext = createContext<InboxState>(loadingInbox);

export function useOpenInbox(): InboxState {
  const client = useClient();
  const [session, setSession] = useState<InboxSession | null>(null);
  useEffect(() => {
    const opened = client.openInbox();
    setSession(opened);
    return () => opened.close();
  }, [client]);
  return useSyncExternalStore(
    (listener) => session?.subscribe(listener) ?? (() => undefined),
    () => session?.getSnapshot() ?? loadingInbox,
  );
}

export function useInbox(): InboxState {
  return use(InboxContext);
}

/** Ids of the people known to be online, as the open room reports them. */
export const OnlineContext = createContext<{ online: readonly string[]; tell: (online: readonly string[]) => void }>({
  online: [],
  tell: () => undefined,
});

export function useOnline(): readonly string[] {
  return use(OnlineContext).online;
}

/** Tells the rest of the page who is online in the open room. */
export function useTellOnline(online: readonly string[]): void {
  const { tell } = use(OnlineContext);
  useEffect(() => {
    tell(online);
    return () => tell([]);
  }, [tell, online]);
}
