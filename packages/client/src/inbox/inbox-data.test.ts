import { expect, it } from 'vitest';
import { detail, room, roomId } from '../testing/views.js';
import type { InboxState } from '../types.js';
import { applyInboxEvent } from './inbox-data.js';

const { mine } = detail(1);
const counters = { type: 'counters' as const, roomId, lastSeq: 4, lastReadSeq: 1, unread: 3, mentions: 1 };
const empty: InboxState = { rooms: null, privateReplies: [], invitations: [] };
const one = applyInboxEvent(empty, { type: 'snapshot', rooms: [{ room: room(1), mine }], privateReplies: [] });

it('waits for the snapshot: what comes before it is in it', () => {
  expect(applyInboxEvent(empty, counters)).toBe(empty);
  expect(applyInboxEvent(empty, { type: 'room', room: room(2), mine })).toBe(empty);
});

it('changes the counters of one room, and nothing when they are the same', () => {
  const counted = applyInboxEvent(one, counters);
  expect(counted.rooms).toEqual([{ room: room(1), mine: { ...mine, lastSeq: 4, lastReadSeq: 1, unread: 3, mentions: 1 } }]);
  expect(applyInboxEvent(counted, counters)).toBe(counted);
  expect(applyInboxEvent(counted, { ...counters, roomId: 'elsewhere' })).toBe(counted);
});

it('takes rooms in, keeps the newer of two versions, and lets go of rooms that were left', () => {
  const two = applyInboxEvent(one, { type: 'room', room: room(3, { id: 'room-2' }), mine });
  expect(two.rooms?.map((each) => each.room.id)).toEqual([roomId, 'room-2']);
  const renamed = applyInboxEvent(two, { type: 'room', room: room(4, { name: 'New' }), mine });
  expect(renamed.rooms?.map((each) => each.room.name)).toEqual(['New', 'Lobby']);
  expect(applyInboxEvent(renamed, { type: 'room', room: room(2, { name: 'Old' }), mine }).rooms?.[0]?.room.name).toBe('New');
  const left = applyInboxEvent(renamed, { type: 'room', room: room(5), mine: null });
  expect(left.rooms?.map((each) => each.room.id)).toEqual(['room-2']);
  expect(applyInboxEvent(left, { type: 'room', room: room(5), mine: null })).toBe(left);
});

it('has the invitations of the last snapshot, without one to a room that was joined since', () => {
  const user = detail(1).members[0]!.user;
  const invitation = (id: string) => ({ roomId: id, roomName: 'Attic', invitedBy: user, invitedAt: '2026-01-01T00:00:00.000Z' });
  const invitations = [invitation('attic'), invitation('cellar')];
  const invited = applyInboxEvent(empty, { type: 'snapshot', rooms: [], privateReplies: [], invitations });
  expect(invited.invitations).toEqual(invitations);
  const joined = applyInboxEvent(invited, { type: 'room', room: room(2, { id: 'attic' }), mine });
  expect(joined.invitations).toEqual([invitation('cellar')]);
  // A server of an earlier version knows of none.
  expect(applyInboxEvent(joined, { type: 'snapshot', rooms: [], privateReplies: [] }).invitations).toEqual([]);
});

it('keeps one version of a private reply, the latest', () => {
  const reply = { id: 'private-1', roomId, attempt: 1, content: 'So', status: 'streaming' as const, createdAt: '2026-01-01T00:00:00.000Z' };
  const streaming = applyInboxEvent(one, { type: 'privateReply', reply });
  const complete = applyInboxEvent(streaming, { type: 'privateReply', reply: { ...reply, content: 'So it is.', status: 'complete' } });
  expect(complete.privateReplies).toEqual([{ ...reply, content: 'So it is.', status: 'complete' }]);
});

it('lets an ended private reply stand, keeps the longer text of one in progress, and lets go of one put away', () => {
  const reply = {
    id: 'private-1',
    roomId,
    attempt: 1,
    content: 'So it',
    status: 'streaming' as const,
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  const streaming = applyInboxEvent(one, { type: 'privateReply', reply });
  const overtaken = applyInboxEvent(streaming, { type: 'privateReply', reply: { ...reply, content: 'So' } });
  expect(overtaken.privateReplies).toEqual([reply]);
  const ended = applyInboxEvent(streaming, { type: 'privateReply', reply: { ...reply, content: 'So.', status: 'stopped' } });
  expect(applyInboxEvent(ended, { type: 'privateReply', reply: { ...reply, content: 'So it goes on' } }).privateReplies).toEqual([
    { ...reply, content: 'So.', status: 'stopped' },
  ]);
  expect(applyInboxEvent(ended, { type: 'privateReplyDismissed', id: reply.id }).privateReplies).toEqual([]);
});
