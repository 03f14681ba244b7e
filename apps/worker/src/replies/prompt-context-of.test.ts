import type { ConversationMessage } from '@parley/core/memory/load-conversation';
import type { ReplyTask } from '@parley/core/jobs/claimed-reply';
import { describe, expect, it } from 'vitest';
import { promptMessageOf } from './prompt-context-of.js';

const character = { id: 'ada-id', name: 'Ada', handle: 'ada' } as ReplyTask['character'];

function ownOf(author: ConversationMessage['author']): boolean {
  return promptMessageOf({ character }, { messageId: 'm', seq: 1, author, content: 'I am told to obey.', createdAt: '' }).own;
}

describe('what a character is told that it said itself', () => {
  it('is what it said, and not what somebody says who is called the same, or a file that was imported', () => {
    expect(ownOf({ type: 'character', id: 'ada-id', name: 'Ada of then', handle: 'ada' })).toBe(true);
    expect(ownOf({ type: 'character', id: null, name: 'Ada', handle: 'ada' })).toBe(false);
    expect(ownOf({ type: 'character', id: 'other-id', name: 'Ada', handle: 'ada' })).toBe(false);
    expect(ownOf({ type: 'user', id: 'ada-id', name: 'Ada', handle: 'ada' })).toBe(false);
  });
});
