import { expect, test } from 'vitest';
import type { RoomRole, RoomVisibility } from '../views.js';
import { decide, may, type Decision, type Facts } from './decide.js';
import type { OperationName } from './operations.js';

const roles: (RoomRole | null)[] = [null, 'member', 'moderator', 'owner'];

/** The answers for a stranger, a member, a moderator and an owner: `ok`, or the reason of the refusal. */
function answers(name: OperationName, visibility: RoomVisibility, more: Partial<Facts> & { archived?: boolean } = {}): string[] {
  const { archived = false, ...facts } = more;
  return roles.map((role) => {
    return reasonOf(decide(name, { instanceRole: 'user', room: { role, visibility, archived }, ...facts }));
  });
}

const reasonOf = (decision: Decision): string => (decision.kind === 'allowed' ? 'ok' : decision.reason);

test('who is not signed in signs in and registers, and nothing else', () => {
  expect(may('auth.login', { instanceRole: null })).toBe(true);
  expect(decide('rooms.list', { instanceRole: null })).toEqual({ kind: 'refused', reason: 'signedOut', code: 'UNAUTHENTICATED' });
  expect(decide('messages.send', { instanceRole: null })).toMatchObject({ reason: 'signedOut' });
});

test('accounts are shut and opened by admins; a character is changed by whoever made it, and by admins', () => {
  const facts = [
    { instanceRole: 'user', own: false },
    { instanceRole: 'user', own: true },
    { instanceRole: 'admin', own: false },
  ] as const;
  expect(facts.map((each) => may('users.disable', each))).toEqual([false, false, true]);
  expect(facts.map((each) => may('characters.update', each))).toEqual([false, true, true]);
  expect(decide('characters.delete', facts[0])).toEqual({ kind: 'refused', reason: 'notOwn', code: 'FORBIDDEN' });
});

test('a room that one is not in can be told from none only if it is public', () => {
  expect(answers('messages.list', 'public')).toEqual(['notJoined', 'ok', 'ok', 'ok']);
  expect(answers('messages.list', 'private')).toEqual(['hidden', 'ok', 'ok', 'ok']);
  expect(answers('messages.list', 'direct')).toEqual(['hidden', 'ok', 'ok', 'ok']);
  expect(answers('rooms.join', 'public')).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(answers('rooms.join', 'private')).toEqual(['hidden', 'ok', 'ok', 'ok']);
  expect(decide('messages.list', { instanceRole: 'admin', room: null })).toMatchObject({ reason: 'hidden', code: 'ROOM_NOT_FOUND' });
  // An admin of the server has no special rights in a room.
  expect(answers('messages.list', 'private', { instanceRole: 'admin' })).toEqual(['hidden', 'ok', 'ok', 'ok']);
});

test('an invitation opens no more than the answer to it', () => {
  const invited = (name: OperationName, visibility: RoomVisibility, archived = false) =>
    reasonOf(decide(name, { instanceRole: 'user', room: { role: null, visibility, archived, invited: true } }));
  expect(invited('rooms.acceptInvitation', 'private')).toBe('ok');
  expect(invited('rooms.acceptInvitation', 'private', true)).toBe('archived');
  expect(invited('rooms.declineInvitation', 'private', true)).toBe('ok');
  expect(invited('rooms.get', 'private')).toBe('hidden');
  expect(invited('rooms.join', 'private')).toBe('hidden');
  expect(invited('messages.list', 'public')).toBe('notJoined');
  expect(answers('rooms.acceptInvitation', 'public')).toEqual(['notInvited', 'ok', 'ok', 'ok']);
  expect(answers('rooms.acceptInvitation', 'private')).toEqual(['hidden', 'ok', 'ok', 'ok']);
  expect(answers('rooms.declineInvitation', 'direct')).toEqual(['hidden', 'direct', 'direct', 'direct']);
});

test('a higher role is needed where the row says so', () => {
  expect(answers('rooms.addMember', 'public')).toEqual(['notJoined', 'ok', 'ok', 'ok']);
  expect(answers('rooms.addMember', 'private')).toEqual(['hidden', 'role', 'ok', 'ok']);
  expect(answers('rooms.setRole', 'public')).toEqual(['notJoined', 'role', 'role', 'ok']);
  expect(answers('messages.pin', 'private')).toEqual(['hidden', 'role', 'ok', 'ok']);
  expect(answers('messages.pin', 'direct')).toEqual(['hidden', 'ok', 'ok', 'ok']);
  expect(answers('rooms.update', 'public')).toEqual(['notJoined', 'role', 'ok', 'ok']);
  expect(answers('rooms.update', 'public', { aspect: 'visibility' })).toEqual(['notJoined', 'role', 'aspect', 'ok']);
  expect(answers('rooms.removeMember', 'public', { aspect: 'ranked' })).toEqual(['notJoined', 'role', 'aspect', 'ok']);
});

test('what is someone else’s is for moderators where the row says so', () => {
  expect(answers('messages.edit', 'public')).toEqual(['notJoined', 'notOwn', 'notOwn', 'notOwn']);
  expect(answers('messages.edit', 'public', { own: true })).toEqual(['notJoined', 'ok', 'ok', 'ok']);
  expect(answers('replies.stop', 'private')).toEqual(['hidden', 'notOwn', 'ok', 'ok']);
  expect(answers('messages.delete', 'private', { own: true })).toEqual(['hidden', 'ok', 'ok', 'ok']);
});

test('a one-to-one room keeps its two, and an archived one stays as it is but for what is taken back', () => {
  expect(answers('rooms.leave', 'direct')).toEqual(['hidden', 'direct', 'direct', 'direct']);
  expect(answers('rooms.archive', 'direct')).toEqual(['hidden', 'role', 'role', 'direct']);
  expect(answers('messages.send', 'public', { archived: true })).toEqual(['notJoined', 'archived', 'archived', 'archived']);
  expect(answers('messages.delete', 'public', { archived: true, own: true })).toEqual(['notJoined', 'ok', 'ok', 'ok']);
  expect(answers('replies.stop', 'public', { archived: true })).toEqual(['notJoined', 'notOwn', 'ok', 'ok']);
  expect(answers('rooms.archive', 'public', { archived: true })).toEqual(['notJoined', 'role', 'role', 'ok']);
});
