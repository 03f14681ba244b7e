import {
  type DurableEvent,
  type InboxEvent,
  type MessageView,
  type RoomOperationName,
  channels,
  type SystemFact,
  systemText,
} from '@parley/contracts';
import { expect } from 'vitest';
import type { TestUser, TestWorld } from '../testing/test-world.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';

/** Steps that tests of rooms share. */

/** Calls a use case as this person, through the table of operations. */
export function as<T>(
  world: TestWorld,
  by: TestUser,
  roomId: string,
  operation: RoomOperationName,
  fn: (room: AuthorizedRoom) => Promise<T>,
): Promise<T> {
  return world.access.run(by.actor, roomId, operation, fn);
}

/** The durable events that were published in a room, in order. */
export function toldIn(world: TestWorld, roomId: string): DurableEvent[] {
  return world.bus.on(channels.roomEvents(roomId)).flatMap(({ events }) => events as DurableEvent[]);
}

/** The events that were published to a person's inbox, in order. */
export function inboxOf(world: TestWorld, { user }: TestUser): InboxEvent[] {
  return world.bus.on(channels.user(user.id)).flatMap((payload) => (payload.type === 'inbox' ? [payload.event] : []));
}

/** A system line as everyone sees it. */
export function systemLine(roomId: string, seq: number, rev: number, content: string): MessageView {
  return {
    id: expect.any(String) as string,
    roomId,
    seq,
    rev,
    kind: 'system',
    author: { type: 'system', id: null, name: '', handle: '', avatar: { hue: 0, glyph: null } },
    content,
    system: expect.toSatisfy((fact: SystemFact) => systemText(fact) === content) as SystemFact,
    status: null,
    attempt: 0,
    replyTo: null,
    clientId: null,
    mentions: [],
    reactions: [],
    createdAt: expect.stringMatching(/Z$/) as string,
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    reply: null,
    error: null,
  };
}
