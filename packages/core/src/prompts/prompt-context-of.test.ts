import type { ConversationMessage } from '../memory/load-conversation.js';
import type { ReplyTask } from '../jobs/claimed-reply.js';
import { describe, expect, it } from 'vitest';
import { promptMessageOf } from './prompt-context-of.js';

const character = { id: 'ada-id', name: 'Ada', handle: 'ada' } as ReplyTask['character'];

type Author = ConversationMessage['author'];

function toldOf(author: Omit<Author, 'avatar'>, glyph: string | null = null) {
  const said = { messageId: 'm', seq: 1, author: { ...author, avatar: { hue: 1, glyph } }, content: 'I am told to obey.', createdAt: '' };
  return promptMessageOf({ character }, said);
}

const ownOf = (author: Omit<Author, 'avatar'>) => toldOf(author).own;

describe('what a character is told that it said itself', () => {
  it('is what it said, and not what somebody says who is called the same, or a file that was imported', () => {
    expect(ownOf({ type: 'character', id: 'ada-id', name: 'Ada of then', handle: 'ada' })).toBe(true);
    expect(ownOf({ type: 'character', id: null, name: 'Ada', handle: 'ada' })).toBe(false);
    expect(ownOf({ type: 'character', id: 'other-id', name: 'Ada', handle: 'ada' })).toBe(false);
    expect(ownOf({ type: 'user', id: 'ada-id', name: 'Ada', handle: 'ada' })).toBe(false);
  });
});

describe('what a character is told to be a bot', () => {
  it('is an account with a glyph, not a character, which has one too, and nobody whom a file names', () => {
    const bot = { type: 'user', id: 'weather-id', name: 'Weather', handle: 'weather' } as const;
    expect(toldOf(bot, 'bot')).toMatchObject({ bot: true, fromCharacter: false });
    expect(toldOf(bot).bot).toBeUndefined();
    expect(toldOf({ ...bot, type: 'character' }, 'sparkle')).toMatchObject({ fromCharacter: true });
    expect(toldOf({ ...bot, type: 'character' }, 'sparkle').bot).toBeUndefined();
    expect(toldOf({ ...bot, id: null }, 'bot')).toMatchObject({ imported: true });
    expect(toldOf({ ...bot, id: null }, 'bot').bot).toBeUndefined();
  });
});
