import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { currentCall, inCall, type Call } from './call-context.js';
import { openTracer, ratioOf } from './open-tracer.js';
import { channelOf, inSpan, noteSpan, type Span, type SpanOptions, type Tracer } from './tracing.js';

/** A tracer that keeps what it is told. */
class KeptSpans implements Tracer {
  readonly spans: { name: string; parent: string | null; ended: string | null }[] = [];

  begin({ name }: SpanOptions, parent: string | null): Span {
    const kept = { name, parent, ended: null as string | null };
    const at = this.spans.push(kept);
    return {
      traceparent: `place ${at}`,
      mark() {},
      end(failure) {
        kept.ended = failure ?? 'well';
      },
    };
  }

  async close() {}
}

const call = (traceparent: string | null): Call => ({ correlationId: 'c', traceparent });

describe('a span', () => {
  test('stands below the place of its call, and what is done in it below the span', async () => {
    const tracer = new KeptSpans();
    await inCall(call('place 0'), () =>
      inSpan(tracer, { name: 'outer' }, async () => {
        await Promise.resolve();
        noteSpan(tracer, { name: 'past' });
        expect(currentCall()).toEqual({ correlationId: 'c', traceparent: 'place 1' });
        return inSpan(tracer, { name: 'inner' }, () => 7);
      }),
    );
    expect(tracer.spans).toEqual([
      { name: 'outer', parent: 'place 0', ended: 'well' },
      { name: 'past', parent: 'place 1', ended: 'well' },
      { name: 'inner', parent: 'place 1', ended: 'well' },
    ]);
  });

  test('ends with the code of an error, or its name, and never its text', async () => {
    const tracer = new KeptSpans();
    const inOne = (work: () => unknown) => inCall(call('place 0'), () => inSpan(tracer, { name: 'one' }, work));
    expect(() =>
      inOne(() => {
        throw new AppError('FORBIDDEN', 'what somebody wrote');
      }),
    ).toThrow('what somebody wrote');
    await expect(
      inOne(async () => {
        throw new TypeError('what somebody wrote');
      }),
    ).rejects.toThrow('what somebody wrote');
    inCall(call('place 0'), () => inSpan(tracer, { name: 'one', isOk: (n: number) => n > 1 }, () => 1));
    expect(tracer.spans.map(({ ended }) => ended)).toEqual(['FORBIDDEN', 'TypeError', 'error']);
  });

  test('is recorded for calls alone, and begins a trace only where a call comes in', () => {
    const tracer = new KeptSpans();
    const name = 'one';
    expect(inSpan(tracer, { name }, () => 1) + inSpan(null, { name }, () => 2)).toBe(3);
    noteSpan(tracer, { name });
    inCall(call(null), () => {
      inSpan(tracer, { name }, () => noteSpan(tracer, { name }));
      inSpan(tracer, { name: 'arrived', mayBegin: true }, () => {});
    });
    expect(tracer.spans).toEqual([{ name: 'arrived', parent: null, ended: 'well' }]);
  });

  test('names a channel without what differs from room to room', () => {
    expect(channelOf('room.0198c5b0-0000-7000-8000-000000000000.events')).toBe('room.*.events');
    expect(channelOf('jobs')).toBe('jobs');
  });
});

describe('OpenTelemetry', () => {
  const options = { service: 'parley-test', instanceId: 'one', ratio: 1 };

  test('is opened only where a collector is named', async () => {
    expect(await openTracer({ ...options, endpoint: undefined, onError: () => {} })).toBeNull();
  });

  test('records a tenth of the traces that begin here, unless a variable says otherwise', async () => {
    expect([ratioOf({}), ratioOf({ OTEL_TRACES_SAMPLER_ARG: 0 }), ratioOf({ OTEL_TRACES_SAMPLER: 'always_on' })]).toEqual([
      0.1,
      0,
      undefined,
    ]);
    const tracer = (await openTracer({ ...options, ratio: 0, endpoint: 'http://127.0.0.1:1', onError: () => {} }))!;
    expect(tracer.begin({ name: 'left out' }, null).traceparent).toMatch(/-00$/);
    await tracer.close();
  });

  test('hands on a place whose trace is not recorded, and sends the others', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        bodies.push(text);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const tracer = (await openTracer({ ...options, endpoint, onError: (error) => expect.fail(error.message) }))!;
      const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
      const silent = tracer.begin({ name: 'silent' }, `00-${trace}-00f067aa0ba902b7-00`);
      expect(silent.traceparent).toBe(`00-${trace}-00f067aa0ba902b7-00`);
      silent.end();
      const told = tracer.begin({ name: 'told', facts: { 'parley.text': 'x'.repeat(2_000) } }, `00-${trace}-00f067aa0ba902b7-01`);
      expect(told.traceparent).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
      told.end('FORBIDDEN');
      tracer.begin({ name: 'first' }, null).end();
      await tracer.close();
      const sent = bodies.join('');
      expect(sent).toContain('"told"');
      expect(sent).toContain('"first"');
      expect(sent).not.toContain('"silent"');
      expect(sent).not.toContain('x'.repeat(600));
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('says once a batch that the collector refuses it, and goes on', async () => {
    const server = createServer((request, response) => void request.resume().on('end', () => response.writeHead(400).end('no spans here')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const errors: string[] = [];
    try {
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const tracer = (await openTracer({ ...options, endpoint, onError: ({ message }) => void errors.push(message) }))!;
      tracer.begin({ name: 'refused' }, null).end();
      await tracer.close();
      expect(errors).toEqual([expect.stringContaining('spans could not be sent')]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
