import { expect, test } from 'vitest';
import { modelHint, suggestedModels } from './suggested-models.js';

const listed = {
  defaultModel: 'openai:a',
  allowed: ['openai:a', 'ollama:*'],
  providers: [
    { name: 'openai', models: ['openai:a'], problem: null },
    { name: 'ollama', models: ['ollama:llama3:8b'], problem: null },
    { name: 'other', models: [], problem: '“other” did not answer.' },
  ],
};

test('a form offers each model once, and no pattern', () => {
  expect(suggestedModels(listed)).toEqual(['openai:a', 'ollama:llama3:8b', 'agent']);
  expect(suggestedModels({ defaultModel: null, allowed: null, providers: [] })).toEqual(['agent']);
  expect(suggestedModels(undefined)).toEqual([]);
});

test('it says which model an empty field means, and which provider gives no list', () => {
  expect(modelHint(listed)).toBe('provider:model, or “agent” for a program of yours; empty for openai:a. “other” did not answer.');
  expect(modelHint(undefined)).toBe('provider:model, or “agent” for a program of yours; empty for this server’s default.');
});
