import type { AccountView, MessageView, RoomFacts } from '@parley/contracts';
import { createContext, use } from 'react';
import type { RoomSession } from '../../client/types.js';
import type { Answer } from './why-panel.js';

/** What a row can do, and for whom. The object stays the same while the room is open and the user's role does not change. */
export interface RoomActions {
  session: RoomSession;
  me: AccountView;
  /** The room, and the user's role in it. */
  place: RoomFacts;
  /**
   * Makes a call that changes a message. A failure is shown above the composer.
   * @param what a beginning of the sentence, where the error alone does not tell what failed
   * @returns true if the call succeeded
   */
  attempt(call: () => Promise<unknown>, what?: string): Promise<boolean>;
  replyTo(message: MessageView): void;
  /** Opens a message for editing; null closes the editor. */
  edit(messageId: string | null): void;
  /** Keeps a message's row mounted, however far the user scrolls, while something is open in it; null ends that. */
  keep(messageId: string | null): void;
  /** Scrolls to a message. With its `seq` one that is far away is found at once. */
  openMessage(messageId: string, seq?: number): void;
  /** Shows what an answer was made from. */
  explain(answer: Answer): void;
  nameOf(userId: string): string | null;
}

export const RoomActionsContext = createContext<RoomActions | null>(null);

export function useRoomActions(): RoomActions {
  const actions = use(RoomActionsContext);
  if (!actions) throw new Error('useRoomActions needs a RoomActionsContext above it');
  return actions;
}
