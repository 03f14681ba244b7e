import { describe, expect, it } from 'vitest';
import { MembershipCache, type CacheEntry } from './membership-cache.js';

function entry(membersRev: number): CacheEntry {
  return {
    readAt: 0,
    membership: {
      sessionId: 's',
      visibility: 'public',
      archived: false,
      aiPaused: false,
      replyControl: 'asker',
      role: 'member',
      invited: false,
      silenced: false,
      banned: false,
      membersRev,
      hooked: false,
      filtered: false,
      characters: [],
    },
  };
}

describe('MembershipCache', () => {
  it('forgets the least recently used beyond its bound', () => {
    const cache = new MembershipCache(2);
    cache.set('a', 'room', entry(1));
    cache.set('b', 'room', entry(1));
    cache.get('a', 'room');
    cache.set('c', 'room', entry(1));
    expect([cache.get('a', 'room'), cache.get('b', 'room'), cache.get('c', 'room')].map(Boolean)).toEqual([true, false, true]);
  });

  it('forgets a room as a whole, and no other', () => {
    const cache = new MembershipCache(10);
    cache.set('a', 'one', entry(1));
    cache.set('b', 'one', entry(1));
    cache.set('a', 'two', entry(1));
    cache.deleteRoom('one');
    expect([cache.get('a', 'one'), cache.get('b', 'one'), cache.get('a', 'two')].map(Boolean)).toEqual([false, false, true]);
    cache.set('a', 'one', entry(2));
    expect(cache.get('a', 'one')?.membership.membersRev).toBe(2);
  });

  it('keeps one entry for a person in a room, the latest', () => {
    const cache = new MembershipCache(2);
    cache.set('a', 'one', entry(1));
    cache.set('a', 'one', entry(2));
    cache.set('b', 'one', entry(1));
    expect(cache.get('a', 'one')?.membership.membersRev).toBe(2);
    expect(cache.get('b', 'one')).toBeDefined();
    cache.delete('a', 'one');
    cache.set('c', 'one', entry(1));
    expect(['a', 'b', 'c'].map((userId) => cache.get(userId, 'one') !== undefined)).toEqual([false, true, true]);
  });
});
