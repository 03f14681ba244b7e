import { keyScopes } from '@parley/contracts';
import { expect, test } from 'vitest';
import { scopeGroups, scopesInWords } from './scope-texts.js';

test('every scope can be chosen, once', () => {
  expect(scopeGroups.flatMap(({ scopes }) => scopes).sort()).toEqual([...keyScopes].sort());
});

test('scopes are told in one line, also one that the page does not know yet', () => {
  expect(scopesInWords(['rooms:read'])).toBe('Read rooms');
  expect(scopesInWords(['rooms:read', 'messages:write', 'files:write' as 'rooms:read'])).toBe('Read rooms, write messages, files:write');
  expect(scopesInWords(keyScopes)).toBe('Everything that a key can do');
});
