import type { TestUser, TestWorld } from '../testing/index.js';
import { deleteMessage } from './delete-message.js';
import { editMessage } from './edit-message.js';
import { pinMessage } from './pin-message.js';
import { reactToMessage } from './react-to-message.js';

/** Changes of messages as tests make them all the time. */

export function edit(world: TestWorld, by: TestUser, messageId: string, content: string) {
  return editMessage(world.deps, by.actor, world.access, { messageId, content });
}

export function remove(world: TestWorld, by: TestUser, messageId: string) {
  return deleteMessage(world.deps, by.actor, world.access, messageId);
}

export function react(world: TestWorld, by: TestUser, messageId: string, emoji: string, on = true) {
  return reactToMessage(world.deps, by.actor, world.access, { messageId, emoji, on });
}

export function pin(world: TestWorld, by: TestUser, messageId: string, on = true) {
  return pinMessage(world.deps, by.actor, world.access, { messageId, on });
}
