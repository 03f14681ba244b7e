import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { BuiltInModel, splitIntoWords } from './built-in-model.js';
import { builtInPrompt } from './built-in-codec.js';
import { chat, contextOf, summaryTask, finish } from '@parley/core/prompts/prompt-context.fixture';
import { taskOf } from '@parley/core/prompts/task-of';

const context = contextOf(
  summaryTask,
  chat('bo: The bridge opens in May.', 'mia: The bridge has four lanes 🚗🚙 now.', 'cy: May is early for a bridge.'),
);
const call = { prompt: [], providerOptions: builtInPrompt(context) };

async function collect(stream: ReadableStream<LanguageModelV3StreamPart>): Promise<LanguageModelV3StreamPart[]> {
  const parts: LanguageModelV3StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

describe('BuiltInModel', () => {
  afterEach(() => vi.useRealTimers());

  it('streams the text in words, and ends like any other model', async () => {
    const parts = await collect((await new BuiltInModel({ wordsPerSecond: 0 }).doStream(call)).stream);
    const deltas = parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : []));
    expect(deltas.join('')).toBe(finish(taskOf(context.task.kind).compose(context)));
    expect(deltas.length).toBeGreaterThan(20);
    expect(parts.map((part) => part.type)).toEqual(['stream-start', 'text-start', ...deltas.map(() => 'text-delta'), 'text-end', 'finish']);
  });

  it('pauses between words', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { stream } = await new BuiltInModel({ wordsPerSecond: 1000 }).doStream(call);
    const reader = stream.getReader();
    const types: string[] = [];
    for (let i = 0; i < 3; i++) types.push((await reader.read()).value!.type);
    expect(types).toEqual(['stream-start', 'text-start', 'text-delta']);
    await reader.cancel();
  });

  it('ends with its signal, while it pauses too', async () => {
    const abort = new AbortController();
    const { stream } = await new BuiltInModel({ wordsPerSecond: 0.01 }).doStream({ ...call, abortSignal: abort.signal });
    const reader = stream.getReader();
    for (let i = 0; i < 3; i++) await reader.read();
    const next = reader.read();
    abort.abort(new Error('enough'));
    await expect(next).rejects.toMatchObject({ name: 'AbortError' });
    await expect(new BuiltInModel().doStream({ ...call, abortSignal: abort.signal })).rejects.toThrow('enough');
  });

  it('refuses a call without its prompt', async () => {
    await expect(new BuiltInModel().doStream({ prompt: [] })).rejects.toThrow(TypeError);
  });

  it('generates the same text at once', async () => {
    const { content } = await new BuiltInModel().doGenerate(call);
    expect(content).toEqual([{ type: 'text', text: finish(taskOf(context.task.kind).compose(context)) }]);
  });
});

describe('splitIntoWords', () => {
  it('keeps a source link whole and every character', () => {
    const text = 'Go now [Bo 14:02](#message-0198-aa) then\n\n- end ';
    const pieces = splitIntoWords(text);
    expect(pieces.join('')).toBe(text);
    expect(pieces).toContain(' [Bo 14:02](#message-0198-aa)');
    expect(splitIntoWords('Go [Bo 14:02](/rooms/01-a?at=7#message-0198-aa)')).toEqual([
      'Go',
      ' [Bo 14:02](/rooms/01-a?at=7#message-0198-aa)',
    ]);
  });
});
