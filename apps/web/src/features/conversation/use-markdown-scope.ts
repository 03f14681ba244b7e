import { isBot, type MemberView } from '@parley/contracts';
import { useMemo } from 'react';
import type { RoomSession } from '../../client/types.js';
import type { MarkdownScope } from '../../components/markdown/markdown-context.js';
import { clockTime } from '../../components/time/time.js';

/**
 * What text in this room may refer to. It reads the session when asked, so it changes only in a room of many, where members become known that
 * a text may name.
 *
 * @param many the members who are known, in a room of many; null in any other
 */
export function useMarkdownScope(
  session: RoomSession,
  openMessage: (messageId: string) => void,
  many: readonly MemberView[] | null,
): MarkdownScope {
  return useMemo(
    () => ({
      isHandle(handle) {
        const { members, characters } = session.getSnapshot();
        return (
          characters.some(({ character }) => character.handle === handle) || (many ?? members).some(({ user }) => user.username === handle)
        );
      },
      isBotHandle: (handle) => (many ?? session.getSnapshot().members).some(({ user }) => user.username === handle && isBot(user)),
      describeMessage(messageId) {
        const message = session.getSnapshot().messages.find(({ id }) => id === messageId);
        if (!message) return null;
        return `${firstName(message.author.name)}${isBot(message.author) ? ' (bot)' : ''} ${clockTime(message.createdAt)}`;
      },
      openMessage,
    }),
    [session, openMessage, many],
  );
}

function firstName(name: string): string {
  return name.trim().split(/\s+/u)[0] ?? name;
}
