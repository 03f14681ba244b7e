import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMarkdown, type Token, type Tokens } from '@parley/contracts/markdown';
import { chat, finish } from '../prompt-context.fixture.js';
import { escapeMarkdown, plainText, sourceLink } from './markdown.js';
import { rankSentences } from './rank-sentences.js';
import { clip } from './summary.js';
import { splitSentences, terms } from './tokenize.js';

describe('terms', () => {
  it('folds case, width and Latin accents, and cuts long words', () => {
    expect(terms('Déployments ＷＩＤＥ naïve!')).toEqual(['deploy', 'wide', 'naive']);
  });

  it('keeps the vowel signs of other scripts', () => {
    expect(terms('नमस्ते')).toEqual(['नमस्ते'.normalize('NFC')]);
  });
});

describe('splitSentences', () => {
  it('ends sentences at line breaks too', () => {
    expect(finish(splitSentences('One. Two!\nthree'))).toEqual(['One.', 'Two!', 'three']);
  });
});

describe('plainText', () => {
  it('drops code blocks, open ones too, and the marks of everything else', () => {
    expect(
      finish(
        plainText('# Title\n> - [x] **bold** and `code` with [a link](https://x.example)\n```js\nsecret()\n```\nsnake_case_name stays'),
      ).trim(),
    ).toBe('Title\nbold and code with a link\n\n\nsnake_case_name stays');
    expect(finish(plainText('before\n```\nopen')).trim()).toBe('before');
  });
});

describe('escapeMarkdown', () => {
  it('leaves addresses and inner underscores alone', () => {
    expect(escapeMarkdown('see https://x.example/a_b*c and snake_case, *not* this')).toBe(
      'see https://x.example/a_b*c and snake_case, \\*not\\* this',
    );
  });

  it('gives one line that begins no block', () => {
    expect(escapeMarkdown('# no\nheading')).toBe('\\# no heading');
    expect(escapeMarkdown('1. no list')).toBe('1\\. no list');
  });
});

describe('sourceLink', () => {
  it.each([
    '](#message-OTHER)',
    'https://x](#message-OTHER)',
    'https://x`](#message-OTHER)',
    '\\https://x[y](#message-OTHER)',
    '![x](#message-OTHER)',
    'Bo [y]',
    'x[y](#message-OTHER)',
    'https://x y[y](#message-OTHER)',
  ])('leads to its message alone, whatever the author is called: %s', (pattern) => {
    const [id, other] = [1, 2].map((n) => `00000000-0000-7000-8000-00000000000${n}`);
    const [message] = chat('bo: hello');
    const link = sourceLink({ ...message!, id: id!, name: pattern.replace('OTHER', other!) }, message!.createdAt);
    const hrefs: string[] = [];
    const walk = (tokens: readonly Token[]): void => {
      for (const token of tokens) {
        if (token.type === 'link') hrefs.push((token as Tokens.Link).href);
        walk(childrenOf(token));
      }
    };
    walk(readMarkdown(`- Tea at four. ${link}`));
    expect(hrefs.filter((href) => href.startsWith('#'))).toEqual([`#message-${id}`]);
  });
});

/** The tokens inside a token. */
function childrenOf(token: Token): Token[] {
  const { tokens = [], items = [] } = token as { tokens?: Token[]; items?: Token[] };
  return [...tokens, ...items];
}

describe('clip', () => {
  it('never cuts a character in two, and stays within its length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 2, max: 30 }), (text, length) => {
        const clipped = clip(text, length);
        expect(clipped.length).toBeLessThanOrEqual(Math.max(length, 1));
        expect(clipped.isWellFormed()).toBe(text.isWellFormed());
      }),
    );
  });
});

describe('rankSentences', () => {
  it('puts what is said most first', () => {
    const sentences = [
      'cats purr softly',
      'the budget is cut by ten percent',
      'ten percent budget cut hurts',
      'who cut the budget',
      'zebras run',
    ];
    expect(
      finish(
        rankSentences(
          sentences.map((text) => ({ terms: terms(text) })),
          1,
        ),
      )[0],
    ).toBeOneOf([1, 2, 3]);
  });

  it('gives distinct indices, at most as many as asked for, for any input', () => {
    const sentence = fc.record({ terms: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 6 }) });
    fc.assert(
      fc.property(fc.array(sentence, { maxLength: 20 }), fc.nat(10), (sentences, count) => {
        const ranked = finish(rankSentences(sentences, count));
        expect(new Set(ranked).size).toBe(ranked.length);
        expect(ranked.length).toBeLessThanOrEqual(Math.min(count, sentences.length));
        for (const index of ranked) expect(sentences[index]).toBeDefined();
      }),
    );
  });
});
