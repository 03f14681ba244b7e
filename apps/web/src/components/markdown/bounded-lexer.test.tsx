import { Lexer } from 'marked';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GrowingMarkdown, Markdown } from './markdown.js';

/** The most a person may send. */
const most = 32 * 1024;

const render = (source: string) => renderToStaticMarkup(<Markdown source={source} />);
const lettersOf = (html: string) =>
  html
    .replaceAll(/<[^>]*>|&[a-z]+;/g, '')
    .match(/[a-z]/g)
    ?.join('') ?? '';

/** How far elements stand inside each other. */
function depthOf(html: string): number {
  let deepest = 0;
  let depth = 0;
  for (const [tag] of html.matchAll(/<[^>]*>/g)) {
    if (/^<(?:br|hr|input)\b/.test(tag)) continue;
    depth += tag.startsWith('</') ? -1 : 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

afterEach(() => void vi.restoreAllMocks());

describe('what no page could show is bounded, and its words are still there', () => {
  test.each([
    ['quotes', `${'>'.repeat(most)} word`],
    ['lists', `${'- '.repeat(most / 2)}word`],
    ['numbered lists', `${'1. '.repeat(most / 3)}word`],
    ['quotes and lists by turns', `${'> - '.repeat(most / 4)}word`],
    ['lists that grow inwards', Array.from({ length: 200 }, (_, i) => `${'  '.repeat(i)}- ${i === 199 ? 'word' : ''}`).join('\n')],
    ['emphasis', `${'*'.repeat(most / 2)}word${'*'.repeat(most / 2)}`],
    ['emphasis of two kinds', `${'*_'.repeat(most / 4)}word${'_*'.repeat(most / 4)}`],
    ['brackets', `${'['.repeat(most / 2)}word${']'.repeat(most / 2)}`],
  ])('%s inside each other', (_name, source) => {
    const html = render(source);
    expect(depthOf(html)).toBeLessThan(60);
    expect(lettersOf(html)).toBe('word');
    expect(lettersOf(renderToStaticMarkup(<GrowingMarkdown source={source} />))).toBe('word');
  });

  test('a table with more cells than characters', () => {
    const columns = 1_000;
    const html = render(`${'a|'.repeat(columns)}\n${'-|'.repeat(columns)}\n${'b\n'.repeat(5_000)}`);
    expect(html.match(/</g)!.length).toBeLessThan(25_000);
    expect(lettersOf(html)).toBe('a'.repeat(columns) + 'b'.repeat(5_000));
  });

  test('a definition is no longer than it is looked ahead for: of a longer one nothing is lost, and no link goes elsewhere', () => {
    const url = `https://example.org/${'y'.repeat(3_000)}`;
    expect(render(`[x]: ${url} end`)).toContain(`href="${url}"`);
    const html = render(`[x]: ${url}\n\nsee [x]`);
    expect(html.match(/href="([^"]*)"/g)).toEqual([`href="${url}"`]);
    expect(html).toContain('see [x]');
    expect(render(`${'w'.repeat(1_994)}\n=====x`)).toContain('=====x');
  });

  test('a paragraph without end is read in pieces, cut between words, and never inside a character', () => {
    const read = vi.spyOn(Lexer.prototype, 'inlineTokens');
    const words = Array.from({ length: 4_000 }, (_, i) => (i % 2 === 0 ? '**bold**' : 'plain'));
    expect(render(words.join(' '))).toBe(
      `<div class="prose-message"><p>${words.join(' ').replaceAll('**bold**', '<strong>bold</strong>')}</p></div>`,
    );
    expect(Math.max(...read.mock.calls.map(([source]) => source.length))).toBeLessThanOrEqual(4_000);
    for (const shift of ['', 'x'])
      expect(render(shift + '😀'.repeat(8_000))).toBe(`<div class="prose-message"><p>${shift}${'😀'.repeat(8_000)}</p></div>`);
  });
});

test('an ordinary text is what marked makes of it, however it is nested', () => {
  const source =
    '> - a **b *c* [d](https://example.org/ "t")**\n>   > 1. e\n>   >    - f\n\n[x]: https://example.org\n\nTitle\n=====\n\nsee [x]';
  const html = render(source);
  expect(html).toContain('<blockquote dir="auto"><ul><li>a <strong>b <em>c</em> <a ');
  expect(html).toContain('<h3>Title</h3>');
  expect(html.match(/href="https:\/\/example\.org\/"/g)).toHaveLength(2);
});
