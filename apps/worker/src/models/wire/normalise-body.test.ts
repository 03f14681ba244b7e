import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anthropicWire } from './anthropic-wire.js';
import { googleWire } from './google-wire.js';
import { normaliseBody } from './normalise-body.js';
import { openaiWire } from './openai-wire.js';
import type { WireProtocol } from './wire-protocol.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server's connection, and what the SDK has been given of it. */
function connection(protocol: WireProtocol) {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  let server!: ReadableStreamDefaultController<Uint8Array>;
  const body = normaliseBody(new ReadableStream({ start: (controller) => void (server = controller) }), protocol);
  const got = { text: '', over: false };
  const read = (async () => {
    for await (const bytes of body) got.text += decoder.decode(bytes, { stream: true });
    got.over = true;
  })();
  return {
    got,
    read,
    /** Sends events, and waits until they were read. */
    async send(...events: (object | string)[]) {
      for (const event of events) server.enqueue(encoder.encode(typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\n\n`));
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

const protocols = {
  openai: {
    protocol: openaiWire,
    say: (text: string, more: object = {}) => ({ choices: [{ delta: { content: text }, ...more }] }),
    reason: { finish_reason: 'stop' },
    end: { choices: [{ delta: {}, finish_reason: 'stop' }] },
  },
  google: {
    protocol: googleWire,
    say: (text: string, more: object = {}) => ({ candidates: [{ content: { parts: [{ text }] }, ...more }] }),
    reason: { finishReason: 'STOP' },
    end: { candidates: [{ content: { parts: [{ text: '' }] }, finishReason: 'STOP' }] },
  },
};

describe.each(Object.entries(protocols))('a connection that speaks %s and stays open', (_, { protocol, say, reason, end }) => {
  it('is over a second after a reason to finish that came alone, whatever it says meanwhile', async () => {
    const { got, send, read } = connection(protocol);
    await send(say('Ni'), say('ne.'), end);
    await vi.advanceTimersByTimeAsync(900);
    await send(': ping\n\n', {});
    expect(got.over).toBe(false);
    await vi.advanceTimersByTimeAsync(101);
    await read;
    expect(got.text).toContain('ne.');
  });

  it('goes on behind a reason that comes with every event, however long the model thinks', async () => {
    const { got, send, read } = connection(protocol);
    await send(say('', reason), say('Ni', reason));
    await vi.advanceTimersByTimeAsync(10_000);
    await send(say('ne', reason));
    await vi.advanceTimersByTimeAsync(10_000);
    // A reason alone means nothing here either.
    await send(end);
    await vi.advanceTimersByTimeAsync(10_000);
    await send(say('.', reason));
    expect(got).toMatchObject({ over: false });
    await send('data: [DONE]\n\n');
    await vi.advanceTimersByTimeAsync(100);
    await read;
    expect(got.text).toMatch(/Ni.*ne.*\./s);
  });

  it('goes on behind a reason that came before the answer, or too early', async () => {
    const { got, send } = connection(protocol);
    await send(end);
    await vi.advanceTimersByTimeAsync(5_000);
    await send(say('Ni', reason), say('ne'));
    await vi.advanceTimersByTimeAsync(60_000);
    await send(say('.'));
    expect(got.over).toBe(false);
    expect(got.text).toContain('"."');
  });

  it('is over at last where the last part brought the reason', async () => {
    const { got, send, read } = connection(protocol);
    await send(say('Ni'), say('ne.', reason));
    await vi.advanceTimersByTimeAsync(14_999);
    expect(got.over).toBe(false);
    await send(': ping\n\n');
    await vi.advanceTimersByTimeAsync(2);
    await read;
  });
});

it('Anthropic’s reason that came too early ends nothing', async () => {
  const { got, send, read } = connection(anthropicWire);
  const say = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
  await send(say('Ni'), { type: 'message_delta', delta: { stop_reason: 'end_turn' } }, say('ne'));
  await vi.advanceTimersByTimeAsync(60_000);
  await send(say('.'), { type: 'message_stop' });
  await vi.advanceTimersByTimeAsync(100);
  await read;
  expect(got.text).toContain('"."');
});

it('an event of many lines comes to an end', async () => {
  const { send, read } = connection(openaiWire);
  const sent = (async () => {
    await send('data: {\n');
    for (let line = 0; line < 5; line++) await send(`data: ${' '.repeat(1_000_000)}\n`);
  })();
  await expect(read).rejects.toThrow('an event without end');
  await sent.catch(() => undefined);
});
