import { createContext } from 'react';

/** What a text may refer to. The functions are called while rendering, so they must be cheap and stable. */
export interface MarkdownScope {
  /** True for the handle (lower case) of someone in this room. */
  isHandle(handle: string): boolean;
  /** True for the handle of a bot among them. */
  isBotHandle(handle: string): boolean;
  /** How to name a message of this room, or null if it is not loaded. */
  describeMessage(messageId: string): string | null;
  openMessage(messageId: string): void;
}

export const MarkdownContext = createContext<MarkdownScope>({
  isHandle: () => false,
  isBotHandle: () => false,
  describeMessage: () => null,
  openMessage: () => undefined,
});
