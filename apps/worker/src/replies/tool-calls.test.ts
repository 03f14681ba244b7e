import type { LanguageModelV3ToolCall } from '@ai-sdk/provider';
import type { ReplyStep } from '@parley/core/jobs/reply-steps';
import type { ReplyTool } from '@parley/core/replies/tools/reply-tool';
import { expect, it } from 'vitest';
import { ToolCalls } from './tool-calls.js';

const nothing = new AbortController().signal;
const allowing = async () => ({ userId: 'bo', there: true, permissions: [] });
const call: LanguageModelV3ToolCall = { type: 'tool-call', toolCallId: 'c', toolName: 'book', input: '{"seat":4}' };

/** A tool that counts how often it was done. */
function booking(repeatable: boolean, hangs = false) {
  const done: unknown[] = [];
  const tool: ReplyTool = {
    name: 'book',
    description: 'Books a seat.',
    inputSchema: { type: 'object' },
    repeatable,
    changes: false,
    permission: 'book',
    asked: () => 'a seat',
    async call(args) {
      done.push(args);
      if (hangs) await new Promise(() => {});
      return { finding: { kind: 'text', text: 'booked' }, found: 1 };
    },
  };
  return { tool, done };
}

/** What a worker that dies within the call leaves behind. */
async function diedWithin(tool: ReplyTool): Promise<readonly ReplyStep[]> {
  let kept: readonly ReplyStep[] = [];
  const dies = new AbortController();
  const calls = new ToolCalls({
    tools: [tool],
    attempt: 1,
    allowing,
    steps: [],
    async keep(steps) {
      kept = structuredClone([...steps]);
      return true;
    },
  });
  const running = calls.run('', [call], dies.signal);
  await Promise.resolve();
  dies.abort(new Error('died'));
  await expect(running).rejects.toThrow('died');
  return kept;
}

async function takenOver(tool: ReplyTool, steps: readonly ReplyStep[]) {
  const calls = new ToolCalls({ tools: [tool], attempt: 2, allowing, steps, keep: async () => true });
  await calls.takeUp(nothing);
  return calls.steps[0]!.calls[0]!;
}

it('a call that a worker died in is not made again where that may do harm: nobody knows whether it was done', async () => {
  const steps = await diedWithin(booking(false, true).tool);
  expect(steps).toMatchObject([{ calls: [{ state: 'running', asked: 'a seat', args: '{"seat":4}' }] }]);
  const { tool, done } = booking(false);
  expect(await takenOver(tool, steps)).toMatchObject({ state: 'unknown', result: null });
  expect(done).toEqual([]);
});

it('a call that only reads is made again', async () => {
  const { tool, done } = booking(true);
  expect(await takenOver(tool, await diedWithin(booking(true, true).tool))).toMatchObject({ state: 'done', found: 1 });
  expect(done).toEqual([{ seat: 4 }]);
});

it('a call that is done is never made again', async () => {
  const { tool, done } = booking(false);
  const calls = new ToolCalls({ tools: [tool], attempt: 1, allowing, steps: [], keep: async () => true });
  await calls.run('', [call], nothing);
  expect(await takenOver(tool, calls.steps)).toMatchObject({ state: 'done' });
  expect(done).toHaveLength(1);
});

it('nothing is called by an attempt that is over', async () => {
  const { tool, done } = booking(false);
  const calls = new ToolCalls({ tools: [tool], attempt: 1, allowing, steps: [], keep: async () => false });
  await expect(calls.run('', [call], nothing)).rejects.toMatchObject({ kind: 'fenced' });
  expect(done).toEqual([]);
});

it('keeps what a provider wants back with a call only where the database can', async () => {
  const calls = new ToolCalls({ tools: [booking(true).tool], attempt: 1, allowing, steps: [], keep: async () => true });
  const signed = (signature: string): LanguageModelV3ToolCall => ({ ...call, providerMetadata: { google: { signature } } });
  await calls.run('', [signed('abc'), signed('a\0c'), signed('a\ud800c'), signed('x'.repeat(100_000))], nothing);
  expect(calls.steps[0]!.calls.map(({ options }) => options)).toEqual([{ google: { signature: 'abc' } }, undefined, undefined, undefined]);
});
