import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { callFields, currentCall, inCall, readTraceparent, type Call } from './call-context.js';

const one: Call = { correlationId: 'call-1', traceparent: null };
const traced: Call = { correlationId: 'call-2', traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };

describe('inCall', () => {
  test('goes with the work through promises, apart from other work at the same time', async () => {
    const seen = await Promise.all(
      [one, traced].map((call) =>
        inCall(call, async () => {
          await turn();
          return currentCall();
        }),
      ),
    );
    expect(seen).toEqual([one, traced]);
    expect(currentCall()).toBeNull();
  });

  test('what a call left behind when it ended belongs to none', async () => {
    let later!: Promise<Call | null>;
    await inCall(one, async () => {
      later = turn().then(turn).then(turn).then(currentCall);
      return Promise.resolve();
    });
    expect(await later).toBeNull();
    let timer!: Promise<Call | null>;
    inCall(one, () => void (timer = turn().then(currentCall)));
    expect(await timer).toBeNull();
  });

  test('a call inside of another is its own; null is none; a throw and a rejection come through, and end it', async () => {
    const inner = inCall(one, () => [currentCall(), inCall(traced, currentCall), inCall(null, currentCall), currentCall()]);
    expect(inner).toEqual([one, traced, null, one]);
    const fail = () => {
      throw new Error('no');
    };
    expect(() => inCall(one, fail)).toThrow('no');
    await expect(inCall(one, async () => fail())).rejects.toThrow('no');
  });

  test('a line of the log names its call', () => {
    expect([inCall(one, callFields), inCall(traced, callFields), callFields()]).toEqual([{ correlationId: 'call-1' }, traced, {}]);
  });
});

test('a traceparent is read as the standard says, and ignored where it must be', () => {
  const { traceparent } = traced;
  expect(readTraceparent(traceparent)).toBe(traceparent);
  expect(readTraceparent(`01${traceparent!.slice(2)}-more`)).toBe(`01${traceparent!.slice(2)}`);
  const bad = [
    undefined,
    '',
    [traceparent],
    `${traceparent}-more`,
    `ff${traceparent!.slice(2)}`,
    traceparent!.toUpperCase(),
    ` ${traceparent}`,
  ];
  const zeros = ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01'];
  for (const header of [...bad, ...zeros]) expect(readTraceparent(header), String(header)).toBeNull();
});
