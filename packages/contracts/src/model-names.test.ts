import { describe, expect, it } from 'vitest';
import { isModelName, modelList, splitModelName } from './model-names.js';

describe('isModelName', () => {
  it.each([
    'openai:gpt-5.4-mini',
    'openai:llama3:8b',
    'openai:ft:gpt-4o-mini-2024-07-18:personal::9abcDEF',
    'openai:meta-llama/Llama-3.1-8B-Instruct',
    'openai:hf.co/bartowski/x_y-GGUF:Q4_K_M',
    'openai:@cf/meta/llama-3.1',
    'openai:deepseek/deepseek-r1:free',
    'anthropic:claude@20240229',
    'google:models/gemini-flash-latest',
  ])('takes %s', (name) => {
    expect(isModelName(name)).toBe(true);
  });

  it.each([
    'google:../../../admin/x',
    'google:a/../b',
    'google:..',
    'google:a/..',
    'google:/a',
    'google:a/',
    'google:a//b',
    'google:.hidden',
    'google:a%2e%2e',
    'google:a?key=1',
    'google:a#b',
    'google:a b',
    'google:a\n',
    'google:ä',
    'google:a\\b',
    'google:',
    'google',
    ':a',
    'Google:a',
    `google:${'a'.repeat(200)}`,
  ])('refuses %j', (name) => {
    expect(isModelName(name)).toBe(false);
  });
});

it('splitModelName ends the provider at the first colon', () => {
  expect(splitModelName('a:b:c')).toEqual({ provider: 'a', modelId: 'b:c' });
  expect(splitModelName('a')).toEqual({ provider: 'a', modelId: '' });
});

describe('modelList', () => {
  it('holds the default model and the one named for its provider, unless it is told otherwise', () => {
    expect(modelList(undefined, 'openai:llama3:8b').names).toEqual(['openai:llama3:8b', 'openai:gpt-5.4-mini']);
    expect(modelList(undefined, 'openai:gpt-5.4-mini').names).toEqual(['openai:gpt-5.4-mini']);
    expect(modelList(undefined, 'built-in:extractive').allows('openai:gpt-5.4-mini')).toBe(false);
    expect(modelList([], 'openai:m').names).toEqual([]);
  });

  it('allows what it names, every model of a provider where it says so, and the built-in one', () => {
    const list = modelList(['openai:a', 'google:*'], 'anthropic:c');
    expect(['openai:a', 'google:x', 'google:y/z', 'built-in', 'built-in:extractive'].every(list.allows)).toBe(true);
    for (const name of ['openai:b', 'openai:a2', 'anthropic:c', 'google:../x', 'google:*', 'toString:x', 'openai:*']) {
      expect([name, list.allows(name)]).toEqual([name, false]);
    }
  });
});
