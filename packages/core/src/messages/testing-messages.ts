import { randomUUID } from 'node:crypto';
import { channels, type RoomEventsPayload } from '@parley/contracts';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { TestUser, TestWorld } from '../testing/index.js';
import { loadHeads } from '../sync/load-heads.js';
import type { CoreDeps } from '../deps.js';
import type { SentMessage } from './find-sent-message.js';
import { postMessage } from './post-message.js';
import type { Judge } from './screen-text.js';
import type { SendMessageInput } from './send-message.js';

/** Calls that many tests of messages and replies make. */

export function send(
  world: TestWorld,
  by: TestUser,
  content: string,
  more: Partial<SendMessageInput> & { judge?: Judge } = {},
  roomId = world.room.id,
) {
  return world.access.run(by.actor, roomId, 'messages.send', (room) => sendIn(world.deps, room, { content, ...more }));
}

/** Posts a text that is no private command. */
export async function sendIn(
  deps: CoreDeps,
  room: AuthorizedRoom,
  { clientId = randomUUID(), content, replyTo, judge }: Partial<SendMessageInput> & { content: string; judge?: Judge },
): Promise<SentMessage> {
  const { message, replies } = await postMessage(deps, room, { clientId, content, replyTo, judge });
  if (!message) throw new TypeError('a private command is answered, not posted');
  return { message, replies };
}

/** Makes a proof that the test keeps while the room changes. */
export function authorize(world: TestWorld, by: TestUser, roomId = world.room.id): Promise<AuthorizedRoom> {
  return world.access.run(by.actor, roomId, 'messages.send', (room) => Promise.resolve(room));
}

export function eventsOn(world: TestWorld, roomId = world.room.id): RoomEventsPayload['events'] {
  return world.bus.on(channels.roomEvents(roomId)).flatMap(({ events }) => events);
}

export async function head(world: TestWorld, roomId = world.room.id) {
  return (await loadHeads(world.deps, [roomId])).get(roomId)!;
}
