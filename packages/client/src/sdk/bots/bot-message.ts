import type { Calls } from '../calls/calls.js';
import { ParleyError } from '../parley-error.js';
import { Room } from '../rooms/room.js';
import type { AccountView, MessageView } from '../views.js';
import { idOf } from './id-of.js';

/** A message that a bot was given, and what it may do about it. */
export interface BotMessage extends Omit<MessageView, 'reply'> {
  /** The text without the bot's own `@name` at its beginning. */
  readonly text: string;
  readonly room: Room;
  /**
   * Answers the message. The first answer, the second … of the same message is each made once, also if the message is given to the bot a second
   * time because its process died before it was done: then this is the answer that was given the first time.
   */
  reply(text: string): Promise<MessageView>;
  /** Puts an emoji on the message. */
  react(emoji: string): Promise<void>;
}

/** How many messages after the one answered are searched for an earlier answer. */
const searched = 1_000;

/** @param me the bot */
export function botMessage(calls: Calls, me: AccountView, message: MessageView): BotMessage {
  const room = new Room(calls, message.roomId);
  let answers = 0;
  return {
    ...message,
    text: withoutOwnName(message.content, me.username),
    room,
    async reply(text) {
      const clientId = await idOf(me.id, message.id, String(answers++));
      try {
        return await room.say(text, { replyTo: message.id, clientId });
      } catch (error) {
        // Answered already, in other words.
        const earlier =
          error instanceof ParleyError && error.code === 'CLIENT_ID_REUSED' ? await findAnswer(room, message.seq, clientId) : null;
        if (earlier) return earlier;
        throw error;
      }
    },
    async react(emoji) {
      await calls.call('PUT', `/api/messages/${message.id}/reactions/${encodeURIComponent(emoji)}`);
    },
  };
}

async function findAnswer(room: Room, after: number, clientId: string): Promise<MessageView | null> {
  for (let seq = after; seq < after + searched;) {
    const { items, hasAfter } = await room.history({ after: seq, limit: 100 });
    const found = items.find((item) => item.clientId === clientId);
    if (found) return found;
    if (!hasAfter || items.length === 0) return null;
    seq = items.at(-1)!.seq;
  }
  return null;
}

function withoutOwnName(content: string, username: string): string {
  const start = content.trimStart();
  if (!start.toLowerCase().startsWith(`@${username.toLowerCase()}`)) return content;
  const rest = start.slice(username.length + 1);
  // The name of somebody else may begin like the bot's.
  return /^[\p{L}\p{N}_-]/u.test(rest) ? content : rest.replace(/^[,:]?\s*/, '');
}
