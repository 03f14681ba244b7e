import type { AccountView, MessageView, RoomRole } from '@parley/contracts';
import { createContext, use } from 'react';
import type { RoomSession } from '../../client/types.js';

/** What a row can do, and who does it. One object while the room is open and one's role stays. */
export interface RoomActions {
  session: RoomSession;
  me: AccountView;
  role: RoomRole | null;
  /** An archived room is read only. */
  archived: boolean;
  /** A one-to-one room. */
  direct: boolean;
  /**
   * Makes a call that changes a message; a failure is told above the composer.
   *
   * @param what to be said first, where it does not show what did not work
   * @returns whether it worked
   */
  attempt(call: () => Promise<unknown>, what?: string): Promise<boolean>;
  replyTo(message: MessageView): void;
  /** Opens a message for editing, or closes what is open. */
  edit(messageId: string | null): void;
  /** Keeps the row of a message, wherever one scrolls, while something is open in it; null when it is closed. */
  keep(messageId: string | null): void;
  /** Brings a message into view; `seq` where it is known, so that one far away is found at once. */
  openMessage(messageId: string, seq?: number): void;
  nameOf(userId: string): string | null;
}

export const RoomActionsContext = createContext<RoomActions | null>(null);

export function useRoomActions(): RoomActions {
  const actions = use(RoomActionsContext);
  if (!actions) throw new Error('useRoomActions needs a RoomActionsContext above it');
  return actions;
}
