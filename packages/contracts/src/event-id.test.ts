import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mentionedHandles } from './mentions.js';
import { durableEventId, ephemeralEventId, revOfEventId } from './event-id.js';
import { channels } from './channels.js';

describe('event ids', () => {
  test('give back the rev they were made of', () => {
    fc.assert(
      fc.property(fc.nat(), fc.stringMatching(/^[\w-]{1,64}$/), fc.nat(), (rev, boot, n) => {
        expect(revOfEventId(durableEventId(rev))).toBe(rev);
        expect(revOfEventId(ephemeralEventId(rev, boot, n))).toBe(rev);
      }),
    );
  });

  test.each(['', 'x', '-1', '1.5', '1:', '1:boot', '1:boot:x', '1:b:2:3', ' 1', '1e3', '99999999999999999999'])(
    '%j is none of ours',
    (id) => {
      expect(revOfEventId(id)).toBeNull();
    },
  );
});

describe('mentionedHandles', () => {
  test.each([
    ['@ada and @Bo, please', ['ada', 'bo']],
    ['@ada @ada', ['ada']],
    ['(@cy.de) "@e-f_g"', ['cy.de', 'e-f_g']],
    ['ends a sentence with @ada.', ['ada']],
    ['mail a@b.example or see `@code` and ```\n@fence\n``` @real', ['real']],
    ['an open fence ``` @hidden', []],
    ['@', []],
    ['@@ada and https://x.example/@ada', []],
  ])('%j', (content, handles) => {
    expect(mentionedHandles(content)).toEqual(handles);
  });
});

test('only a uuid becomes part of a subject', () => {
  const id = '01a1f754-90a5-7074-ad9a-e6a62183b8ad';
  expect(channels.roomEvents(id.toUpperCase()).subject).toBe(`room.${id}.events`);
  for (const bad of ['*', '>', '', `${id}.>`, 'room']) expect(() => channels.roomEvents(bad)).toThrow(TypeError);
});
