import { EventEmitter } from 'node:events';
import { Writable, type Duplex } from 'node:stream';
import { AppError, closeCodes, type RoomEvent } from '@parley/contracts';
import { describe, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { EventBatch, type EventFormat } from '../room/event-batch.js';
import { durableOut, EphemeralIds } from '../room/out-event.js';
import { SocketConnection, type SocketLimits } from './socket-connection.js';
import { SocketReader } from './socket-reader.js';
import { textFrame } from './text-frame.js';

/** Events as they are, a frame for each. */
const plain: EventFormat = { encode: ({ event }) => Buffer.from(JSON.stringify(event)), frame: (body) => textFrame(body) };

const limits: SocketLimits = {
  lossyUnsentBytes: 2_000,
  maxUnsentBytes: 10_000,
  maxHeldBatches: 5,
  maxCallsPer10s: 20,
  maxSubscriptions: 2,
};

/** A socket whose peer reads only when told. */
function socket(overrides: Partial<SocketLimits> = {}, highWaterMark = 100) {
  const sent: Buffer[] = [];
  let reading = true;
  let stuck: (() => void) | null = null;
  const stream = new Writable({
    highWaterMark,
    write(chunk: Buffer, _encoding, done) {
      sent.push(chunk);
      if (reading) setImmediate(done);
      else stuck = done;
    },
  });
  const closed: { code: number; reason: string }[] = [];
  const ws = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    terminated: false,
    close(code: number, reason: string) {
      ws.readyState = 2;
      closed.push({ code, reason });
    },
    terminate() {
      ws.readyState = 3;
      ws.terminated = true;
    },
  });
  const connection = new SocketConnection('c', ws as unknown as WebSocket, stream as unknown as Duplex, { ...limits, ...overrides });
  return {
    connection,
    closed,
    ws,
    stopReading() {
      reading = false;
    },
    /** Reads everything that waits, and goes on reading. */
    async read() {
      reading = true;
      stuck?.();
      stuck = null;
      await vi.waitFor(() => expect(stream.writableLength).toBe(0));
    },
    events(): RoomEvent[] {
      return framesOf(Buffer.concat(sent)) as RoomEvent[];
    },
  };
}

/** Unmasked text frames, as the codec's own test proves them with the parser of `ws`. */
function framesOf(bytes: Buffer): unknown[] {
  const messages: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    let length = bytes[at + 1]!;
    let header = 2;
    if (length === 126) [length, header] = [bytes.readUInt16BE(at + 2), 4];
    else if (length === 127) [length, header] = [Number(bytes.readBigUInt64BE(at + 2)), 10];
    messages.push(JSON.parse(bytes.toString('utf8', at + header, at + header + length)));
    at += header + length;
  }
  return messages;
}

const ids = new EphemeralIds('boot');
const durable = (rev: number, size = 10) => durableOut({ type: 'resync', rev, padding: 'x'.repeat(size) } as never);
const delta = (text: string) => ids.out(1, { type: 'delta', messageId: 'm', attempt: 1, offset: 0, text });
const types = (events: RoomEvent[]) => events.map((event) => (event.type === 'resync' ? event.rev : event.type));

function reader(connection: SocketConnection) {
  return new SocketReader(connection, plain, { userId: 'u', sessionId: 's' }, 'c1');
}

async function started(connection: SocketConnection) {
  const socketReader = reader(connection);
  socketReader.start('1');
  await Promise.resolve();
  return socketReader;
}

describe('a reader over a socket', () => {
  test('what comes before hello waits, and follows it in order', async () => {
    const { connection, events, read } = socket();
    const waiting = reader(connection);
    waiting.deliver(new EventBatch([durable(1)]));
    waiting.deliver(new EventBatch([delta('a'), durable(2)]));
    expect(events()).toEqual([]);
    waiting.start('1');
    // In this turn hello itself is written; only then comes the rest.
    expect(events()).toEqual([]);
    await Promise.resolve();
    waiting.deliver(new EventBatch([durable(3)]));
    await read();
    expect(types(events())).toEqual([1, 'delta', 2, 3]);
  });

  test('too much before hello closes it as too slow', async () => {
    const { connection, closed } = socket();
    const waiting = reader(connection);
    for (let rev = 1; rev <= 6; rev++) waiting.deliver(new EventBatch([durable(rev)]));
    expect(closed).toMatchObject([{ code: closeCodes.SLOW_READER }]);
    await expect(waiting.ended).resolves.toBeUndefined();
  });

  test('a reader that stops reading loses deltas, never what lasts, and is asked to recover when it drains', async () => {
    const { connection, events, stopReading, read } = socket();
    const slow = await started(connection);
    let recovered = 0;
    slow.onWritable = () => {
      if (slow.takeRecovered()) recovered++;
    };
    stopReading();
    slow.deliver(new EventBatch([durable(1, 3_000)]));
    slow.deliver(new EventBatch([delta('lost')]));
    slow.deliver(new EventBatch([delta('lost'), durable(2), delta('lost')]));
    slow.deliver(new EventBatch([ids.out(2, { type: 'resync', rev: 3 })]));
    expect(recovered).toBe(0);
    await read();
    expect(types(events())).toEqual([1, 2, 3]);
    expect(recovered).toBe(1);
    expect(slow.takeRecovered()).toBe(false);
    slow.deliver(new EventBatch([delta('heard')]));
    await read();
    expect(types(events())).toEqual([1, 2, 3, 'delta']);
  });

  test('one that never filled its stream’s buffer recovers with the next event: such a stream tells nobody that it drained', async () => {
    const { connection, stopReading, read } = socket({ lossyUnsentBytes: 400 }, 1_000_000);
    const slow = await started(connection);
    let recovered = 0;
    slow.onWritable = () => {
      if (slow.takeRecovered()) recovered++;
    };
    stopReading();
    slow.deliver(new EventBatch([durable(1, 500)]));
    slow.deliver(new EventBatch([delta('lost')]));
    await read();
    expect(recovered).toBe(0);
    slow.deliver(new EventBatch([durable(2)]));
    expect(recovered).toBe(1);
  });

  test('several readers of one socket all recover, though the first fills it again', async () => {
    const { connection, stopReading, read } = socket();
    const readers = await Promise.all([started(connection), started(connection)]);
    const recovered: number[] = [];
    for (const [index, each] of readers.entries()) {
      each.onWritable = () => {
        if (!each.takeRecovered()) return;
        recovered.push(index);
        each.deliver(new EventBatch([ids.out(1, { type: 'snapshot', messageId: 'm', attempt: 1, text: 'x'.repeat(5_000) })]));
      };
    }
    stopReading();
    readers[0]!.deliver(new EventBatch([durable(1, 3_000)]));
    for (const each of readers) each.deliver(new EventBatch([delta('lost')]));
    await read();
    await vi.waitFor(() => expect(recovered).toEqual([0, 1]));
  });

  test('at its cap it is closed with 4001 and given nothing more; the socket beside it notices nothing', async () => {
    const slow = socket();
    const quick = socket();
    const [slowReader, quickReader] = await Promise.all([started(slow.connection), started(quick.connection)]);
    slow.stopReading();
    for (let rev = 1; rev <= 30; rev++) {
      const batch = new EventBatch([durable(rev, 1_000), delta('d')]);
      slowReader.deliver(batch);
      quickReader.deliver(batch);
      await quick.read();
    }
    expect(slow.closed).toEqual([{ code: closeCodes.SLOW_READER, reason: expect.stringContaining('reconnect') as string }]);
    expect(slow.connection.unsentBytes).toBeLessThan(limits.maxUnsentBytes + 2_000);
    await expect(slowReader.ended).resolves.toBeUndefined();
    expect(types(quick.events())).toEqual(Array.from({ length: 30 }, (_, i) => [i + 1, 'delta']).flat());
    expect(quick.closed).toEqual([]);
  });

  test('ended, it delivers nothing more and says why', async () => {
    const { connection, events, read } = socket();
    const ending = await started(connection);
    ending.end(new AppError('ROOM_NOT_FOUND'));
    ending.end(null);
    ending.deliver(new EventBatch([durable(1)]));
    await read();
    await expect(ending.ended).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
    expect(events()).toEqual([]);
  });
});

describe('a connection', () => {
  test('a peer that asks faster than it may is closed as abusive, and not heard any more', () => {
    const { connection, closed, ws } = socket();
    const heard: string[] = [];
    ws.on('message', (data: string) => heard.push(data));
    for (let call = 0; call < 30; call++) ws.emit('message', String(call));
    expect(closed).toMatchObject([{ code: closeCodes.PROTOCOL_ABUSE }]);
    // An emitter calls all its listeners even after one of them closed the socket, so the frame that was too many is still heard.
    expect(heard.length).toBe(limits.maxCallsPer10s + 1);
    expect(connection.open).toBe(false);
  });

  test('calls in a batch count each', () => {
    const { connection, closed } = socket();
    connection.noteCalls(limits.maxCallsPer10s);
    expect(closed).toEqual([]);
    connection.noteCalls(1);
    expect(closed).toHaveLength(1);
  });

  test('a peer that asks and does not read the answers is closed as too slow', () => {
    const { connection, closed, stopReading, ws } = socket();
    stopReading();
    connection.writeFrames(Buffer.alloc(limits.maxUnsentBytes + 1));
    ws.emit('message', 'PING');
    expect(closed).toMatchObject([{ code: closeCodes.SLOW_READER }]);
  });

  test.each(['ping', 'pong'])(
    'a peer that sends %ss without end is closed as abusive, or as too slow where it does not read the answers',
    (frame) => {
      const fast = socket();
      for (let n = 0; n <= limits.maxCallsPer10s; n++) fast.ws.emit(frame, Buffer.alloc(0));
      expect(fast.closed).toMatchObject([{ code: closeCodes.PROTOCOL_ABUSE }]);
      const deaf = socket();
      deaf.stopReading();
      deaf.connection.writeFrames(Buffer.alloc(limits.maxUnsentBytes + 1));
      deaf.ws.emit(frame, Buffer.alloc(125));
      expect(deaf.closed).toMatchObject([{ code: closeCodes.SLOW_READER }]);
    },
  );

  test('a peer that does not answer the closing handshake is cut off', () => {
    vi.useFakeTimers();
    try {
      const { connection, closed, ws } = socket();
      connection.close(closeCodes.SESSION_ENDED, 'bye');
      connection.close(closeCodes.SLOW_READER, 'again');
      expect(closed).toEqual([{ code: closeCodes.SESSION_ENDED, reason: 'bye' }]);
      vi.advanceTimersByTime(2_000);
      expect(ws.terminated).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test('one subscription too many is refused; one that ended makes room', () => {
    const { connection } = socket();
    const release = connection.openSubscription();
    connection.openSubscription();
    expect(() => connection.openSubscription()).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
    release();
    connection.openSubscription();
  });
});
