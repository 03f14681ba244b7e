import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMarkdown } from '@parley/contracts/markdown';
import { citedMessages, linksToMarks, ownPointMark, SourceMarks, type SourceMarksOptions } from './source-marks.js';

const ids = Array.from({ length: 20 }, (_, index) => `00000000-0000-7000-8000-${String(index + 1).padStart(12, '0')}`);

function link(shown: number, number: number): string {
  return `[${shown}](#message-${ids[number - 1]})`;
}

function scan(text: string, options: Partial<SourceMarksOptions> = {}, pieces: string[] = [text]): { text: string; dropped: number } {
  const marks = new SourceMarks({ sources: ids, ...options });
  const out = pieces.map((piece) => marks.push(piece)).join('') + marks.end();
  return { text: out, dropped: marks.dropped };
}

/** Where the links of a text lead, but for those to the web. */
function targetsOf(tokens: readonly unknown[]): string[] {
  return tokens.flatMap((token) => {
    const { type, href, tokens: inner = [], items = [] } = token as { type: string; href?: string; tokens?: unknown[]; items?: unknown[] };
    return [...(type === 'link' && /^[#/]/.test(href ?? '') ? [href!] : []), ...targetsOf([...inner, ...items])];
  });
}

describe('SourceMarks', () => {
  it.each([
    ['We ship on Friday [#12].', `We ship on Friday${link(1, 12)}.`],
    ['A[#3] b[#12] c[#3]', `A${link(1, 3)} b${link(2, 12)} c${link(1, 3)}`],
    ['both [#3][#4], or [#3, #5; 6]', `both${link(1, 3)}${link(2, 4)}, or${link(1, 3)}${link(3, 5)}${link(4, 6)}`],
    ['a range [#3–#5]', `a range${link(1, 3)}${link(2, 5)}`],
    ['twice [#3, #3]', `twice${link(1, 3)}`],
    ['(see [#1])', `(see${link(1, 1)})`],
    ['会議[#2]は三時', `会議${link(1, 2)}は三時`],
    ['👩‍👩‍👧[#2]🎉', `👩‍👩‍👧${link(1, 2)}🎉`],
  ])('makes links of %j', (text, expected) => {
    expect(scan(text)).toEqual({ text: expected, dropped: 0 });
  });

  it.each([
    ['Nobody said it [#99].', 'Nobody said it.', 1],
    ['zero [#0] [#21][#1]', `zero${link(1, 1)}`, 2],
    ['one of two [#2, #77]', `one of two${link(1, 2)}`, 1],
    ['huge [#99999999999999999999]', 'huge', 1],
  ])('drops what names nothing in %j', (text, expected, dropped) => {
    expect(scan(text)).toEqual({ text: expected, dropped });
  });

  it.each([
    'a [link](https://example.org/) and [brackets] and [12] and [#] and [#x1] and # 12',
    'issue #12, [ #12], \\[#12]',
    'x = list[0] + `rows[#12]`',
    '```sql\nselect [#12]\n```\n',
    '- text\n  ```\n  [#1]\n  ```\n',
    '[#',
    'ends with [#12',
    `long [#${'1, '.repeat(100)}1]`,
    '  two spaces  and a tab\t\n\n',
  ])('leaves %j as it is', (text) => {
    expect(scan(text)).toEqual({ text, dropped: 0 });
  });

  it('goes on with marks after code', () => {
    expect(scan('`a` [#1]\n```\n[#1]\n```\n[#2] `open\n[#3]').text).toBe(
      `\`a\`${link(1, 1)}\n\`\`\`\n[#1]\n\`\`\`\n${link(2, 2)} \`open\n${link(3, 3)}`,
    );
  });

  it('lets no link lead anywhere that the model wrote itself', () => {
    const text = `See [this](#message-${ids[0]}) and [*](#no-source).`;
    expect(scan(text)).toEqual({ text: text.replaceAll('](#', '] (#'), dropped: 2 });
    const elsewhere = `See [this](/rooms/${ids[1]}?at=1#message-${ids[0]}) and [that](/rooms/).`;
    for (const pieces of [[elsewhere], [...elsewhere]])
      expect(scan(elsewhere, {}, pieces)).toEqual({ text: elsewhere.replaceAll('](/rooms/', '](/rooms /'), dropped: 2 });
    expect(scan('a [page](/room) and [one](/robots.txt), [x](/roomsy').dropped).toBe(0);
  });

  it('makes links into the rooms of sources that are of several', () => {
    const places = new Map([[ids[1]!, { roomId: ids[0]!, seq: 7 }]]);
    const text = `a[1](/rooms/${ids[0]}?at=7#message-${ids[1]}) b${link(2, 1)}`;
    expect(scan('a [#2] b [#1]', { places })).toEqual({ text, dropped: 0 });
    expect(citedMessages(text)).toEqual([ids[1], ids[0]]);
    expect(linksToMarks(text, new Map([[ids[1]!, 3]]))).toBe('a[#3] b');
  });

  it.each([
    ['behind a sign of code that is none', '`Tea` and ` then TARGET'],
    ['behind a fence that is none', '    ```\nTARGET'],
    ['in code', '`TARGET`'],
    ['behind an escaped escape', '[x\\\\](#message-ID)'],
    ['around a mark that names nothing', '[x][#99](#message-ID)'],
    ['around marks that name nothing', '[x][#99] [#98](#message-ID)'],
    ['in capitals', '`a` ` [x](#MESSAGE-ID)'],
    ['to no source', '` [*](#no-source)'],
    ['in angles', '[x](<#message-ID>)'],
    ['behind a space', '[x]( #message-ID)'],
    ['on the next line', '[x](\n#message-ID)'],
    ['behind an escape', '[x](\\#message-ID)'],
    ['into a room', '[x](/rooms/ID?at=1#message-ID)'],
    ['into a room, in capitals and code that is none', '`a` ` [x](/ROOMS/ID?at=1#message-ID)'],
    ['into a room, in angles', '[x](</rooms/ID?at=1#message-ID>)'],
    ['into a room, behind a space', '[x]( /rooms/ID?at=1#message-ID)'],
    ['into a room, behind an escape', '[x](\\/rooms/ID?at=1#message-ID)'],
    ['into a room, by a definition', '[x]\n\n[x]: /rooms/ID?at=1#message-ID'],
    ['by a definition', '[x]\n\n[x]: #message-ID'],
    ['by a definition in angles', '[x][y]\n\n[y]: <#message-ID>'],
  ])('lets none lead anywhere %s, as the page reads it', (_, pattern) => {
    const text = pattern.replace('TARGET', '[x](#message-ID)').replaceAll('ID', ids[0]!);
    const written = [scan(text).text, scan(text, { marksOwn: true }, [...text]).text];
    expect(written.map((each) => targetsOf(readMarkdown(each)))).toEqual([[], []]);
    // Our own are links.
    expect(targetsOf(readMarkdown(scan('tea [#1]').text))).toEqual([`#message-${ids[0]}`]);
    const places = new Map([[ids[0]!, { roomId: ids[1]!, seq: 7 }]]);
    expect(targetsOf(readMarkdown(scan('tea [#1]', { places }).text))).toEqual([`/rooms/${ids[1]}?at=7#message-${ids[0]}`]);
  });

  it('passes on at once what can be no mark', () => {
    const marks = new SourceMarks({ sources: ids });
    expect(marks.push('We ship')).toBe('We ship');
    expect(marks.push(' ')).toBe('');
    expect(marks.push('on')).toBe(' on');
    expect(marks.push(' [')).toBe('');
    expect(marks.push('#1')).toBe('');
    expect(marks.push('2] and')).toBe(`${link(1, 12)} and`);
  });

  it('gives the same text however the pieces cut it', () => {
    const parts = fc.constantFrom(
      '[#1]',
      '[#2, #3]',
      ' [#99]',
      '[',
      ']',
      '(',
      '#',
      '\n',
      '- ',
      '1. ',
      'word ',
      ': ',
      '`',
      '```',
      '](#message-',
      '👍',
      '\\',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 30 }), fc.array(fc.nat(200), { maxLength: 12 }), fc.boolean(), (words, cuts, marksOwn) => {
        const text = words.join('');
        const at = [0, ...cuts.map((cut) => Math.min(cut, text.length)).toSorted((left, right) => left - right), text.length];
        // A model's pieces never cut a surrogate pair: TextStream joins what does.
        const pieces = at
          .slice(1)
          .map((end, index) => text.slice(at[index], end))
          .join('|')
          .replace(/([\ud800-\udbff])\|([\udc00-\udfff])/g, '$1$2');
        expect(scan(text, { marksOwn }, pieces.split('|'))).toEqual(scan(text, { marksOwn }));
      }),
      { numRuns: 300 },
    );
  });
});

describe('points that cite nothing', () => {
  const own = (text: string) => scan(text, { marksOwn: true }).text;

  it.each([
    ['- We ship.', `- We ship.${ownPointMark}`],
    ['- We ship [#1].\n- Mia tests.\n', `- We ship${link(1, 1)}.\n- Mia tests.${ownPointMark}\n`],
    ['1. One\n2) Two [#2]\n\nAnd then text.', `1. One${ownPointMark}\n2) Two${link(1, 2)}\n\nAnd then text.`],
    ['- Decided:\n  - Friday [#3]\n  - at ten', `- Decided:\n  - Friday${link(1, 3)}\n  - at ten${ownPointMark}`],
    ['- A point that\n  goes on [#4]\n- next', `- A point that\n  goes on${link(1, 4)}\n- next${ownPointMark}`],
    ['- A point\ngoes on lazily\n\nend', `- A point\ngoes on lazily${ownPointMark}\n\nend`],
    ['- one\n# Heading\ntext', `- one${ownPointMark}\n# Heading\ntext`],
    ['* 一つ目\n* 二つ目 [#5]', `* 一つ目${ownPointMark}\n* 二つ目${link(1, 5)}`],
    ['- point\n[#6] cites late', `- point\n${link(1, 6)} cites late`],
    ['- ends with dash\n-', `- ends with dash${ownPointMark}\n-`],
  ])('are marked in %j', (text, expected) => {
    expect(own(text)).toBe(expected);
  });

  it.each(['No list. Just text.\n\nMore.', '**Bold** start', '- ', '```\n- code\n```\n', '-5 degrees', '1.5 metres', '---\n', '* * *'])(
    'does not mark %j',
    (text) => {
      expect(own(text)).toBe(text);
    },
  );

  it('does not mark a point that was cut', () => {
    const marks = new SourceMarks({ sources: ids, marksOwn: true });
    expect(marks.push('- We sh') + marks.end(false)).toBe('- We sh');
  });
});

describe('linksToMarks', () => {
  it('gives an earlier answer the numbers of this prompt', () => {
    const text = `We ship${link(1, 12)}, not now${link(2, 3)}${link(1, 12)} or never${ownPointMark}.`;
    expect(linksToMarks(text, new Map([[ids[11]!, 4]]))).toBe('We ship[#4], not now[#4] or never.');
  });

  it('leaves other links', () => {
    const text = `[Bo 14:02](#message-${ids[0]}) [1](https://example.org)`;
    expect(linksToMarks(text, new Map())).toBe(text);
  });
});

it('finds what an answer cites', () => {
  expect(citedMessages(`a${link(1, 5)} b [Bo 14:02](#message-${ids[1]}) c${link(1, 5)}${ownPointMark}`)).toEqual([ids[4], ids[1]]);
});
