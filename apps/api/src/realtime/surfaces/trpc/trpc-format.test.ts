import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import type { EphemeralEvent, RoomEvent } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { EventBatch } from '../../room/event-batch.js';
import { durableOut, EphemeralIds, type OutEvent } from '../../room/out-event.js';
import { trpcFormat } from './trpc-format.js';

/** The parser of `ws` itself, as a client runs it. Its types are not published. */
const { Receiver } = createRequire(import.meta.url)('ws') as {
  Receiver: new (options: { isServer: boolean; maxPayload: number }) => Writable;
};

/** The messages in these bytes, fed in pieces of this size. Fails on bytes that are no frames, or end inside one. */
async function parse(bytes: Buffer, pieceBytes = bytes.length): Promise<unknown[]> {
  const receiver = new Receiver({ isServer: false, maxPayload: 0 });
  const messages: string[] = [];
  let failure: unknown = null;
  receiver.on('message', (data: Buffer, isBinary: boolean) => messages.push(isBinary ? 'binary' : data.toString()));
  receiver.on('error', (error) => (failure = error));
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    await new Promise((resolve) => receiver.write(bytes.subarray(at, at + pieceBytes), resolve));
  }
  if (failure) throw failure;
  return messages.map((message) => JSON.parse(message) as unknown);
}

const delta = (text: string): EphemeralEvent => ({ type: 'delta', messageId: 'm', attempt: 1, offset: 0, text });
const resync: EphemeralEvent = { type: 'resync', rev: 9 };
const durable = (rev: number) => durableOut({ type: 'resync', rev } as never);

describe('tRPC’s frames', () => {
  test.each([
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
    [300_000, 10],
  ])('a payload of %i bytes has a header of %i', async (payloadBytes, headerBytes) => {
    // The shortest event there is, padded: no real one is as short as 125 bytes.
    const empty = JSON.stringify({ id: 1, result: { type: 'data', id: '', data: { id: '', data: { type: '' } } } });
    const out: OutEvent = { id: '', event: { type: 'x'.repeat(payloadBytes - empty.length) } as never, durable: false, lossy: true };
    const bytes = new EventBatch([out]).bytes(trpcFormat, '1');
    expect(bytes.length).toBe(payloadBytes + headerBytes);
    expect(await parse(bytes)).toEqual([{ id: 1, result: { type: 'data', id: '', data: { id: '', data: out.event } } }]);
  });

  test('a batch is one run of frames in order, whatever pieces they arrive in, with text beyond ASCII', async () => {
    const ids = new EphemeralIds('boot');
    const events = [ids.out(3, delta('käse 🛥 "quoted" \u2028')), durable(4), ids.out(4, delta('x'.repeat(70_000))), durable(5)];
    const bytes = new EventBatch(events).bytes(trpcFormat, '"a \\"string\\" id"');
    const expected = events.map(({ id, event }) => ({ id: 'a "string" id', result: { type: 'data', id, data: { id, data: event } } }));
    for (const pieceBytes of [bytes.length, 1_000, 7]) expect(await parse(bytes, pieceBytes)).toEqual(expected);
  });

  test('frames of one request id are made once, of another anew', () => {
    const batch = new EventBatch([durable(4), new EphemeralIds('b').out(4, delta('a'))]);
    expect(batch.bytes(trpcFormat, '1')).toBe(batch.bytes(trpcFormat, '1'));
    expect(batch.bytes(trpcFormat, '1')).not.toBe(batch.bytes(trpcFormat, '2'));
    expect(batch.bytes(trpcFormat, '1', true)).not.toBe(batch.bytes(trpcFormat, '1'));
  });

  test('without the lossy ones, what must arrive is still there: durable events and resync', async () => {
    const ids = new EphemeralIds('b');
    const lossy: EphemeralEvent[] = [
      delta('a'),
      { type: 'snapshot', messageId: 'm', attempt: 1, text: 'a' },
      { type: 'presence', online: [] },
      { type: 'typing', userIds: [] },
    ];
    const batch = new EventBatch([durable(4), ...lossy.map((event) => ids.out(4, event)), ids.out(4, resync)]);
    expect(batch).toMatchObject({ hasLossy: true, hasLasting: true });
    const types = (await parse(batch.bytes(trpcFormat, '1', true))) as { result: { data: { data: RoomEvent } } }[];
    expect(types.map(({ result }) => result.data.data)).toEqual([batch.events[0]!.event, resync]);
    expect(new EventBatch(lossy.map((event) => ids.out(4, event))).hasLasting).toBe(false);
  });
});
