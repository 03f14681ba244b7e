import { readMarkdown } from '@parley/contracts/markdown';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyText, growText, type GrowingText } from './parse.js';

const shape = (blocks: readonly { type: string; raw: string }[]) => blocks.map(({ type, raw }) => ({ type, raw }));

function grow(source: string, cuts: number[]): GrowingText {
  const ends = [...new Set([...cuts, source.length])].sort((a, b) => a - b);
  return ends.reduce((text, end) => growText(text, source.slice(0, end)), emptyText);
}

const everyOffset = (source: string) => Array.from({ length: source.length }, (_, index) => index);

describe('a text that grows', () => {
  test('a definition counts for what stood there before it, and for what comes', () => {
    const source = '[a]\n\nmore\n\n[a]: https://one.example\n\nthen [a]\n\nend';
    expect(grow(source, everyOffset(source)).blocks).toEqual([...readMarkdown(source)]);
  });

  test.each([
    'One\n\nTwo\n\nThree',
    '1. a\n\n2. b\n\n3. c\n\nend',
    '- a\n\n  still a\n\n- b\n\n\n- c',
    '```ts\nconst a = 1;\n\nconst b = 2;\n```\n\nafter',
    '| a | b |\n| - | - |\n| 1 | 2 |\n\nafter\n===\n\nmore',
    '> quoted\n\n> again\n\n    code\n\n    more code\n\nend',
    '<div>\n\ntext\n\n<!-- a\n\nb -->\n\nend',
    'Title\n\n---\n\nTitle\n---\n\n* * *\n',
    '[a]\n\nmore\n\n[a]: https://one.example\n\nthen [a]\n\nend',
  ])('ends as if it had come at once: %j', (source) => {
    expect(shape(grow(source, everyOffset(source)).blocks)).toEqual(shape(readMarkdown(source)));
  });

  test('ends as if it had come at once, whatever it is and wherever it is cut', () => {
    const piece = fc.constantFrom(
      'a',
      'b c',
      '\n',
      '\n\n',
      '- ',
      '2. ',
      '> ',
      '# ',
      '```',
      '`',
      '*',
      '**',
      '|',
      '---',
      '===',
      '    ',
      '  ',
      '<b>',
      '</b>',
      '<!--',
      '-->',
      '[x](y)',
      '~~~',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(120), { maxLength: 12 }), (pieces, cuts) => {
        const source = pieces.join('');
        const text = grow(
          source,
          cuts.filter((cut) => cut <= source.length),
        );
        expect(shape(text.blocks)).toEqual(shape(readMarkdown(source)));
      }),
      { numRuns: 3000 },
    );
  });

  test('keeps finished blocks, so they are rendered once', () => {
    const first = growText(emptyText, 'One\n\nTwo\n\nThr');
    const second = growText(first, 'One\n\nTwo\n\nThree and more');
    const third = growText(second, 'One\n\nTwo\n\nThree and more\n\nFour\n');
    expect(first.finished).toBeGreaterThan(0);
    expect(second.blocks[0]).toBe(first.blocks[0]);
    expect(third.blocks[0]).toBe(first.blocks[0]);
  });

  test('reads only the last block again, however long the text is', () => {
    const paragraphs = Array.from({ length: 200 }, (_, index) => `Paragraph ${index}`).join('\n\n');
    const long = growText(emptyText, `${paragraphs}\n\nlast\n`);
    expect(long.source.length - long.finishedLength).toBeLessThan(20);
  });

  test('starts over when another attempt begins', () => {
    const first = growText(emptyText, 'One\n\nTwo\n\nThree\n\n');
    const second = growText(first, 'Other');
    expect(shape(second.blocks)).toEqual([{ type: 'paragraph', raw: 'Other' }]);
  });
});
