import { AppError } from '@parley/contracts';
import type { Presence, PresenceConnection, PresenceOptions } from './presence.js';
import { execute, type RedisConnection } from './redis-connection.js';
import { liveScript, renewBatches, renewScript, type PresenceSets } from './redis-presence-scripts.js';

/** Most members in one removal: keeps Redis from being held up by a single command. */
const maxRemoved = 1_000;

/**
 * Presence for all processes, in sorted sets whose scores are expiries by Redis's clock:
 *
 * - `presence:room:<room>`: members `user:boot:connection`
 * - `presence:instance:<instance>:<boot>`: members `room:user:connection`, the entries of that process
 * - `presence:instances`: members `instance:boot`
 *
 * Every key expires with its last member. Scripts touch several keys, so a Redis Cluster would need all keys in one slot. Other adapters
 * may share the connection; the last adapter to close ends it.
 */
export function createRedisPresence(options: PresenceOptions & { redis: RedisConnection }): Presence {
  const { instanceId, bootId, ttlMs = 30_000, redis } = options;
  if (!Number.isInteger(ttlMs) || ttlMs < 1) throw new RangeError(`ttlMs must be a whole number from 1, not ${ttlMs}`);
  const release = redis.share();
  const instancesKey = `${redis.keyPrefix}presence:instances`;
  const instanceKey = (instance: string) => `${redis.keyPrefix}presence:instance:${instance}`;
  const roomKey = (roomId: string) => `${redis.keyPrefix}presence:room:${encodeURIComponent(roomId)}`;
  const self = join(instanceId, bootId);
  /** Everything this instance entered and has not left, in the form that Redis holds. */
  const entered: PresenceSets = new Map();
  let closed = false;

  /** The keys and members by which Redis knows an entry. */
  function placesOf(roomId: string, { userId, connectionId }: PresenceConnection): [key: string, member: string][] {
    return [
      [roomKey(roomId), join(userId, bootId, connectionId)],
      [instanceKey(self), join(roomId, userId, connectionId)],
    ];
  }

  /**
   * Renews the entries that `choose` returns. `choose` runs only once Redis is there, so that an entry that was left during the wait is
   * not sent: it would outlive its leaving.
   */
  async function renew(choose: () => PresenceSets): Promise<void> {
    await redis.run(async (client) => {
      const sets = choose();
      if (sets.size === 0) return;
      const pipeline = client.pipeline();
      for (const { keys, args } of renewBatches(new Map([[instancesKey, new Set([self])], ...sets]))) {
        // EVAL, not EVALSHA: EVALSHA needs a second try after a restart or a flush, and that could overtake a later command.
        pipeline.eval(renewScript, keys.length, ...keys, ttlMs, ...args);
      }
      await execute(pipeline);
    });
  }

  const live = (key: string, limit: number) => [liveScript, 1, key, limit] as const;

  /** The connection may still be open for other adapters, so a closed instance must refuse by itself. */
  function assertOpen(): void {
    if (closed) throw new AppError('UNAVAILABLE', undefined, { cause: new Error('presence is closed') });
  }

  return {
    async enter(roomId, connection) {
      assertOpen();
      const places = placesOf(roomId, connection);
      for (const [key, member] of places) add(entered, key, member);
      await renew(
        () => new Map(places.filter(([key, member]) => entered.get(key)?.has(member)).map(([key, member]) => [key, new Set([member])])),
      );
    },

    async leave(roomId, connection) {
      if (closed) return;
      const places = placesOf(roomId, connection);
      for (const [key, member] of places) remove(entered, key, member);
      await redis.run((client) => {
        const pipeline = client.pipeline();
        for (const [key, member] of places) pipeline.zrem(key, member);
        return execute(pipeline);
      });
    },

    async heartbeat() {
      if (entered.size > 0) await renew(() => entered);
    },

    async online(roomId) {
      assertOpen();
      const members = (await redis.run((client) => client.eval(...live(roomKey(roomId), -1)))) as string[];
      return [...new Set(members.map((member) => split(member)[0]!))].sort();
    },

    async connections({ limit }) {
      assertOpen();
      if (limit < 1) return [];
      const perInstance = await redis.run(async (client) => {
        const instances = (await client.eval(...live(instancesKey, -1))) as string[];
        const pipeline = client.pipeline();
        for (const instance of instances) pipeline.eval(...live(instanceKey(instance), limit));
        const replies = (await execute(pipeline)) as string[][];
        return replies.map((members, index) => ({ instanceId: split(instances[index]!)[0]!, members }));
      });
      return perInstance
        .flatMap(({ instanceId, members }) =>
          members.map((member) => ({ instanceId, userId: split(member)[1]!, roomId: split(member)[0]! })),
        )
        .slice(0, limit);
    },

    async ping() {
      assertOpen();
      await redis.ping();
    },

    async close() {
      if (closed) return;
      closed = true;
      const left = [...entered];
      entered.clear();
      try {
        await redis.run((client) => {
          const pipeline = client.pipeline().zrem(instancesKey, self);
          for (const [key, members] of left) {
            const all = [...members];
            for (let from = 0; from < all.length; from += maxRemoved) pipeline.zrem(key, ...all.slice(from, from + maxRemoved));
          }
          return execute(pipeline);
        });
      } catch {
        // The connection has reported the failure; the entries expire by themselves.
      } finally {
        release();
      }
    },
  };
}

/** Ids are encoded, because they may hold any character, also the colon. */
const join = (...ids: string[]) => ids.map(encodeURIComponent).join(':');
const split = (member: string) => member.split(':').map(decodeURIComponent);

function add(sets: PresenceSets, key: string, member: string): void {
  const members = sets.get(key);
  if (members) members.add(member);
  else sets.set(key, new Set([member]));
}

function remove(sets: PresenceSets, key: string, member: string): void {
  const members = sets.get(key);
  members?.delete(member);
  if (members?.size === 0) sets.delete(key);
}
