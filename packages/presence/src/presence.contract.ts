import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Presence } from './presence.js';

/** One store, empty at first, and instances over it. */
export interface PresenceHarness {
  start(instanceId: string, bootId: string, ttlMs?: number): Presence;
  /** Lets time pass for the store. */
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

const room = '0190a000-0000-7000-8000-000000000001';
const otherRoom = '0190a000-0000-7000-8000-000000000002';
/** Less than the default, and more than a busy machine keeps a test waiting. */
const ttlMs = 10_000;

export function describePresence(name: string, open: () => Promise<PresenceHarness>): void {
  describe(`presence: ${name}`, () => {
    let harness: PresenceHarness;
    let a: Presence;
    let b: Presence;

    beforeEach(async () => {
      harness = await open();
      a = harness.start('api-1', 'boot-1');
      b = harness.start('api-2', 'boot-2');
    });
    afterEach(async () => {
      await Promise.all([a.close(), b.close()]);
      await harness.dispose();
    });

    /** Asks again, letting time pass, until the answer is as expected; the last answer is compared in any case. */
    async function eventually<T>(ask: () => Promise<T>, expected: T): Promise<void> {
      for (let tries = 0; tries < 200; tries += 1) {
        if (JSON.stringify(await ask()) === JSON.stringify(expected)) return;
        await harness.pass(ttlMs / 40);
      }
      expect(await ask()).toEqual(expected);
    }

    it('shows who entered on any instance, each once, sorted by id', async () => {
      await a.enter(room, { userId: 'carol', connectionId: '1' });
      await b.enter(room, { userId: 'alice', connectionId: '1' });
      await b.enter(room, { userId: 'carol', connectionId: '2' });
      expect(await a.online(room)).toEqual(['alice', 'carol']);
      expect(await b.online(room)).toEqual(['alice', 'carol']);
    });

    it('keeps rooms apart', async () => {
      await a.enter(room, { userId: 'alice', connectionId: '1' });
      await a.enter(otherRoom, { userId: 'bob', connectionId: '1' });
      expect(await a.online(room)).toEqual(['alice']);
      await a.leave(otherRoom, { userId: 'bob', connectionId: '1' });
      expect(await a.online(otherRoom)).toEqual([]);
      expect(await a.online(room)).toEqual(['alice']);
    });

    it('takes a user offline with the last of several connections, on whichever instance', async () => {
      await a.enter(room, { userId: 'alice', connectionId: '1' });
      await a.enter(room, { userId: 'alice', connectionId: '2' });
      // The same connection id on another instance is another connection.
      await b.enter(room, { userId: 'alice', connectionId: '1' });
      await a.leave(room, { userId: 'alice', connectionId: '1' });
      expect(await b.online(room)).toEqual(['alice']);
      await b.leave(room, { userId: 'alice', connectionId: '1' });
      expect(await b.online(room)).toEqual(['alice']);
      await a.leave(room, { userId: 'alice', connectionId: '2' });
      expect(await b.online(room)).toEqual([]);
    });

    it('enters and leaves idempotently', async () => {
      const connection = { userId: 'alice', connectionId: '1' };
      await a.leave(room, connection);
      await a.enter(room, connection);
      await a.enter(room, connection);
      expect(await a.connections({ limit: 10 })).toHaveLength(1);
      await a.leave(room, connection);
      await a.leave(room, connection);
      expect(await a.online(room)).toEqual([]);
      await a.heartbeat();
      expect(await a.online(room)).toEqual([]);
    });

    it('applies an enter and a leave in the order they were called, unawaited', async () => {
      const connection = { userId: 'alice', connectionId: '1' };
      await Promise.all([a.enter(room, connection), a.leave(room, connection)]);
      await a.heartbeat();
      expect(await a.online(room)).toEqual([]);
      await Promise.all([a.leave(room, connection), a.enter(room, connection)]);
      expect(await a.online(room)).toEqual(['alice']);
    });

    it('takes any characters in ids', async () => {
      const connection = { userId: 'a:b%3A{ü}', connectionId: 'x:y z' };
      const odd = harness.start('host:3000', 'boot:3');
      await odd.enter('room:1', connection);
      expect(await a.online('room:1')).toEqual(['a:b%3A{ü}']);
      expect(await a.connections({ limit: 10 })).toEqual([{ instanceId: 'host:3000', userId: 'a:b%3A{ü}', roomId: 'room:1' }]);
      await odd.close();
      expect(await a.online('room:1')).toEqual([]);
    });

    it('lists every live connection of every instance, at most as many as asked for', async () => {
      await a.enter(room, { userId: 'alice', connectionId: '1' });
      await a.enter(otherRoom, { userId: 'alice', connectionId: '1' });
      await b.enter(room, { userId: 'bob', connectionId: '1' });
      const all = await a.connections({ limit: 10 });
      expect(all).toHaveLength(3);
      expect(all).toEqual(
        expect.arrayContaining([
          { instanceId: 'api-1', userId: 'alice', roomId: room },
          { instanceId: 'api-1', userId: 'alice', roomId: otherRoom },
          { instanceId: 'api-2', userId: 'bob', roomId: room },
        ]),
      );
      expect(await b.connections({ limit: 2 })).toHaveLength(2);
      expect(await b.connections({ limit: 0 })).toEqual([]);
    });

    it('forgets the people of an instance that died, and only those', async () => {
      const dying = harness.start('api-3', 'boot-3', ttlMs);
      await a.enter(room, { userId: 'alice', connectionId: '1' });
      await dying.enter(room, { userId: 'bob', connectionId: '1' });
      expect(await a.online(room)).toEqual(['alice', 'bob']);
      // This instance neither renews nor leaves, as after kill -9.
      await eventually(() => a.online(room), ['alice']);
      expect(await a.connections({ limit: 10 })).toEqual([{ instanceId: 'api-1', userId: 'alice', roomId: room }]);
    });

    it('sees a restarted process beside its former self until that expires', async () => {
      const before = harness.start('api-3', 'boot-3', ttlMs);
      await before.enter(room, { userId: 'alice', connectionId: '1' });
      const after = harness.start('api-3', 'boot-4');
      await after.enter(room, { userId: 'alice', connectionId: '1' });
      expect(await a.connections({ limit: 10 })).toHaveLength(2);
      await eventually(async () => (await a.connections({ limit: 10 })).length, 1);
      expect(await a.online(room)).toEqual(['alice']);
      await after.close();
    });

    it('keeps alive by heartbeats beyond the time to live, and not beyond a leave', async () => {
      const short = harness.start('api-3', 'boot-3', ttlMs);
      await short.enter(room, { userId: 'alice', connectionId: '1' });
      await short.enter(room, { userId: 'bob', connectionId: '1' });
      await short.leave(room, { userId: 'bob', connectionId: '1' });
      for (let beat = 0; beat < 5; beat += 1) {
        await harness.pass(ttlMs * 0.3);
        await short.heartbeat();
      }
      expect(await a.online(room)).toEqual(['alice']);
      await short.close();
    });

    it('brings back by heartbeat what the store let expire', async () => {
      const short = harness.start('api-3', 'boot-3', ttlMs);
      await short.enter(room, { userId: 'alice', connectionId: '1' });
      await eventually(() => a.online(room), []);
      await short.heartbeat();
      expect(await a.online(room)).toEqual(['alice']);
      expect(await a.connections({ limit: 10 })).toEqual([{ instanceId: 'api-3', userId: 'alice', roomId: room }]);
      await short.close();
    });

    it('leaves everything on close, idempotently, and refuses afterwards', async () => {
      await a.ping();
      await a.enter(room, { userId: 'alice', connectionId: '1' });
      await a.enter(otherRoom, { userId: 'alice', connectionId: '2' });
      await b.enter(room, { userId: 'bob', connectionId: '1' });
      await a.close();
      await a.close();
      expect(await b.online(room)).toEqual(['bob']);
      expect(await b.online(otherRoom)).toEqual([]);
      expect(await b.connections({ limit: 10 })).toHaveLength(1);

      await a.leave(room, { userId: 'alice', connectionId: '1' });
      await a.heartbeat();
      const unavailable = expect.objectContaining({ code: 'UNAVAILABLE' });
      await expect(a.enter(room, { userId: 'alice', connectionId: '1' })).rejects.toEqual(unavailable);
      await expect(a.online(room)).rejects.toEqual(unavailable);
      await expect(a.connections({ limit: 1 })).rejects.toEqual(unavailable);
      await expect(a.ping()).rejects.toEqual(unavailable);
      expect(await b.online(room)).toEqual(['bob']);
    });
  });
}
