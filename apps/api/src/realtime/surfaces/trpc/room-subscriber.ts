import { randomUUID } from 'node:crypto';
import type { Actor } from '@parley/core';
import type { Context } from '../../../context.js';
import type { Subscriber } from '../../room/subscribe-room.js';

/** Who subscribes and by which way, from the call's context; keeps the registry of presence. */
export function roomSubscriber(ctx: Context & { actor: Actor }): Subscriber {
  const { actor, services, socket } = ctx;
  const connectionId = randomUUID();
  return {
    actor,
    connectionId,
    socket: socket && { connection: socket, encoder: services.encoder },
    onAttached: (roomId) => services.presenceFeed.entered(roomId, actor.userId, connectionId),
    onDetached: (roomId) => services.presenceFeed.left(roomId, actor.userId, connectionId),
  };
}
