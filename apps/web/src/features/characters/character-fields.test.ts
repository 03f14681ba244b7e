import { charactersCreateInput, charactersUpdateInput } from '@parley/contracts';
import { expect, test } from 'vitest';
import { checkFields, newFields, suggestHandle, toCreate, toUpdate } from './character-fields.js';

const filled = { ...newFields, name: 'Émile', handle: 'emile', systemPrompt: 'You are Émile.' };

test.each([
  ['Émile the 2nd', 'emile-the-2nd'],
  ['  --Lin!  ', 'lin'],
  ['日本', ''],
])('%j suggests the handle %j', (name, handle) => {
  expect(suggestHandle(name)).toBe(handle);
});

test('what the form lets through, the server takes', () => {
  const fields = { ...filled, model: ' openai:gpt-5-mini ', temperature: '0,7', greeting: ' Hello ', tools: ['search_room'] as const };
  expect(checkFields(fields, true)).toEqual({});
  expect(charactersCreateInput.parse(toCreate(fields))).toMatchObject({
    model: 'openai:gpt-5-mini',
    temperature: 0.7,
    greeting: 'Hello',
    tools: ['search_room'],
  });
  expect(charactersCreateInput.parse(toCreate(filled))).toMatchObject({ model: null, temperature: null, greeting: '' });
  const characterId = '019a0000-0000-7000-8000-000000000001';
  expect(charactersUpdateInput.parse(toUpdate(characterId, filled))).toMatchObject({ characterId, model: null });
});

test.each([
  [{ name: ' ' }, 'name'],
  [{ handle: 'a b' }, 'handle'],
  [{ systemPrompt: '' }, 'systemPrompt'],
  [{ model: 'gpt' }, 'model'],
  [{ temperature: '3' }, 'temperature'],
  [{ temperature: 'warm' }, 'temperature'],
])('%j is pointed out', (change, field) => {
  expect(Object.keys(checkFields({ ...filled, ...change }, true))).toEqual([field]);
});
