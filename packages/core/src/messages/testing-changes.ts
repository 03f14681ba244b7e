import type { TestUser, TestWorld } from '../testing/index.js';
import { deleteMessage } from './delete-message.js';
import { editMessage } from './edit-message.js';
import { hideFromAi } from './hide-from-ai.js';
import { pinMessage } from './pin-message.js';
import { reactToMessage } from './react-to-message.js';

/** Calls that many tests of changed messages make. */

export function edit(world: TestWorld, by: TestUser, messageId: string, content: string) {
  return world.access.runOfMessage(by.actor, messageId, 'messages.edit', (message) => editMessage(world.deps, message, { content }));
}

export function remove(world: TestWorld, by: TestUser, messageId: string) {
  return world.access.runOfMessage(by.actor, messageId, 'messages.delete', (message) => deleteMessage(world.deps, message));
}

export function react(world: TestWorld, by: TestUser, messageId: string, emoji: string, on = true) {
  return world.access.runOfMessage(by.actor, messageId, 'messages.react', (message) => reactToMessage(world.deps, message, { emoji, on }));
}

export function pin(world: TestWorld, by: TestUser, messageId: string, on = true) {
  return world.access.runOfMessage(by.actor, messageId, 'messages.pin', (message) => pinMessage(world.deps, message, { on }));
}

export function hide(world: TestWorld, by: TestUser, messageId: string, on = true) {
  return world.access.runOfMessage(by.actor, messageId, 'messages.hideFromAi', (message) => hideFromAi(world.deps, message, { on }));
}
