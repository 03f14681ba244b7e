import { useMemo } from 'react';
import type { RoomSession } from '../../client/types.js';
import type { MarkdownScope } from '../../components/markdown/markdown-context.js';
import { clockTime } from '../../components/time/time.js';

/** What text in this room may refer to. It reads the session when asked, so it never changes while the room is open. */
export function useMarkdownScope(session: RoomSession, openMessage: (messageId: string) => void): MarkdownScope {
  return useMemo(
    () => ({
      isHandle(handle) {
        const { members, characters } = session.getSnapshot();
        return characters.some(({ character }) => character.handle === handle) || members.some(({ user }) => user.username === handle);
      },
      describeMessage(messageId) {
        const message = session.getSnapshot().messages.find(({ id }) => id === messageId);
        return message ? `${firstName(message.author.name)} ${clockTime(message.createdAt)}` : null;
      },
      openMessage,
    }),
    [session, openMessage],
  );
}

function firstName(name: string): string {
  return name.trim().split(/\s+/u)[0] ?? name;
}
