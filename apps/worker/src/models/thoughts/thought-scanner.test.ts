import { maxReplyBytes } from '@parley/contracts';
import { longestSlice } from '@parley/contracts/testing/longest-slice';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ThoughtScanner, type ThoughtScannerOptions } from './thought-scanner.js';

interface Read {
  answer: string;
  /** What was given and taken back. */
  takenBack: string;
  foundUnopened: boolean;
}

function read(pieces: readonly string[], options: ThoughtScannerOptions & { cut?: boolean } = {}): Read {
  const { cut = false } = options;
  const scanner = new ThoughtScanner(options);
  let answer = '';
  let takenBack = '';
  for (const scanned of [...pieces.map((piece) => scanner.push(piece)), scanner.end(cut)]) {
    if (scanned.takenBack) {
      takenBack += answer;
      answer = '';
    }
    answer += scanned.text;
  }
  return { answer, takenBack, foundUnopened: scanner.foundUnopened };
}

/** What gpt-oss writes where a server passes it on as it is. */
function harmony(thought: string, answer: string): string {
  return `<|channel|>analysis<|message|>${thought}<|end|><|start|>assistant<|channel|>final<|message|>${answer}`;
}

const cases: [string, string, string][] = [
  ['a thought before the answer', '<think>\nHm, @bo.\n</think>\n\nNine.', 'Nine.'],
  ['the other names of the tag, in any case', '<thinking>a</thinking><THOUGHT>b</Thought>Nine.', 'Nine.'],
  ['Mistral’s tags', '[THINK]Hm, [@bo](x).[/THINK]\n\nNine.', 'Nine.'],
  ['Mistral’s closing tag alone', 'Hm.\n[/THINK]Nine.', 'Nine.'],
  [
    'links and boxes, which are no tags',
    '[think](x) [ ] [Think] [/think] [THINKER] [THINK',
    '[think](x) [ ] [Think] [/think] [THINKER] [THINK',
  ],
  ['a tag of Mistral’s that a sentence speaks of', 'Begin with [THINK] and go on.', 'Begin with [THINK] and go on.'],
  ['Kimi’s tags', '◁think▷Hm.◁/think▷Nine ◁ ten ▷.', 'Nine ◁ ten ▷.'],
  ['spaces in a tag', '<think >a</think\n>Nine.', 'Nine.'],
  ['a tag with an attribute', '<think duration="3">a b</think>The answer', 'The answer'],
  [
    'a tag with what is no attribute',
    '<think about it> <think a="b <think a=b> <think a="b" c="d">',
    '<think about it> <think a="b <think a=b> <think a="b" c="d">',
  ],
  ['an attribute without end', `<think a="${'x'.repeat(100)}">`, `<think a="${'x'.repeat(100)}">`],
  ['white space before the thought', '\n <think>a</think> Nine.', 'Nine.'],
  ['an empty thought, as of a model told not to think', '<think>\n\n</think>\n\nNine.', 'Nine.'],
  ['a thought in the middle', 'Nine<think>or ten?</think> o’clock.', 'Nine o’clock.'],
  ['several thoughts', '<think>a</think>Nine<think>b</think>.', 'Nine.'],
  ['nested thoughts', '<think>a<think>b</think>c</think>Nine.', 'Nine.'],
  ['a thought that names its own tag', '<think>I write <think> first.</think>\nNine.', 'Nine.'],
  ['a thought that never ends', 'Nine.<think>But is it', 'Nine.'],
  ['only a thought', '<think>a</think>', ''],
  ['only a closing tag', 'Hm, @bo.\n</think>\n\nNine.', 'Nine.'],
  ['only a closing tag, after a backtick that was none', 'It`s nine.\n</think>\n\nNine.', 'Nine.'],
  ['nothing before the closing tag', '\n</think>\n\nNine.', 'Nine.'],
  ['another closing tag after the thought', '<think>I end with </think> then.</think>Nine.', 'Nine.'],
  ['an answer without any', ' \n Nine.\n', ' \n Nine.\n'],
  ['only white space', ' \n', ' \n'],
  ['what looks like a tag', 'a < b <thin> <thinker> </ think> <think-x> <thinking', 'a < b <thin> <thinker> </ think> <think-x> <thinking'],
  ['code in a line', 'Write `<think>` and ``a ` </think>``.', 'Write `<think>` and ``a ` </think>``.'],
  ['code in a line that begins with three backticks', '```<think>``` it\n<think>a</think>', '```<think>``` it\n'],
  ['a fenced block', 'So:\n```xml\n<think>a</think>\n```\nDone.<think>b</think>', 'So:\n```xml\n<think>a</think>\n```\nDone.'],
  ['a fence of tildes, quoted', '> ~~~~\n> ~~~\n> <think>\n> ~~~~\n<think>b</think>.', '> ~~~~\n> ~~~\n> <think>\n> ~~~~\n.'],
  ['a closing tag that an answer speaks of', 'Hello </think> world, write `</think>`.', 'Hello </think> world, write `</think>`.'],
  ['a fenced block that never ends', '```\n<think>a</think>', '```\n<think>a</think>'],
  ['a backtick whose paragraph ends', 'It`s so.\n\n<think>a</think>Nine.', 'It`s so.\n\nNine.'],
  ['a tag that a sentence speaks of', 'Wrap it in <thinking> tags.\nDone.', 'Wrap it in <thinking> tags.\nDone.'],
  ['tags that a sentence speaks of', 'Between <think> and </think>, “<thought>”, too.', 'Between <think> and </think>, “<thought>”, too.'],
  ['a tag that ends a sentence', 'Begin with <think>', 'Begin with <think>'],
  ['a tag that ends a line and is never closed', 'Begin with <think>\nand go on.', 'Begin with <think>\nand go on.'],
  ['a thought that begins behind a blank', 'Nine. <think>Or ten?</think> So nine.', 'Nine.  So nine.'],
  ['a thought that begins at the end of a line', 'Nine. <think>\nOr ten?\n</think>\nSo nine.', 'Nine. \nSo nine.'],
  ['tags that an answer speaks of after a thought', '<think>a</think>Use <think> or the </think> tag.', 'Use <think> or the </think> tag.'],
  ['tags that a thought speaks of', '<think>They ask of `<think>` and `</think>`, “<think>”.</think>Nine.', 'Nine.'],
  ['a thought that ends within its line', 'Hm, so nine.</think>Nine.', 'Nine.'],
  ['a thought that ends with its line', 'Hm, so nine.</think>\n\nNine.', 'Nine.'],
  ['a thought that ends before a blank', 'Hm, so nine.</think> Nine.', 'Nine.'],
  ['a closing tag that nothing follows', 'Nine.</think>', 'Nine.</think>'],
  [
    'tags that an answer speaks of, with a word between',
    'Between <think> and so on</think> it thinks.',
    'Between <think> and so on</think> it thinks.',
  ],
  ['a closing tag behind code that ends within its line', 'Hm, `a`.</think>Nine.', 'Nine.'],
  ['Harmony', harmony('Hm, @bo.', 'Nine.'), 'Nine.'],
  ['Harmony with a role before it, and marks at its end', `<|start|>assistant${harmony('Hm.', 'Nine.')}<|return|>`, 'Nine.'],
  ['Harmony behind white space', `\n${harmony('Hm.', 'Nine.')}`, 'Nine.'],
  [
    'Harmony with a call of a tool between',
    '<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary to=functions.get <|constrain|>json<|message|>{"a":1}<|call|><|start|>assistant<|channel|>final<|message|>Nine.<|return|>',
    'Nine.',
  ],
  ['Harmony that is only thought', '<|channel|>analysis<|message|>Hm. Is it', ''],
  ['Harmony without a thought', '<|channel|>final<|message|>Nine.', 'Nine.'],
  ['Harmony without a channel', '<|start|>assistant<|message|>Nine.<|end|>', 'Nine.'],
  ['Harmony with several messages', `${harmony('a', 'Nine')}<|end|><|start|>assistant${harmony('b', ' or ten.')}`, 'Nine or ten.'],
  [
    'Harmony whose answer speaks of its marks',
    harmony('Hm.', 'Write <|end|> and `<|start|>assistant<|channel|>final<|message|>`.'),
    'Write <|end|> and `<|start|>assistant<|channel|>final<|message|>`.',
  ],
  [
    'Harmony whose answer shows it in a fence',
    harmony('Hm.', `So:\n\`\`\`\n${harmony('a', 'b')}\n\`\`\`\n`),
    `So:\n\`\`\`\n${harmony('a', 'b')}\n\`\`\`\n`,
  ],
  ['Harmony with tags in its answer', harmony('Hm.', '<think>a</think>Nine.'), 'Nine.'],
  ['an answer about Harmony', `It is ${harmony('a', 'b')}`, `It is ${harmony('a', 'b')}`],
  ['an answer that begins with a mark of Harmony', '<|channel|> is a mark, <|start|> too.', '<|channel|> is a mark, <|start|> too.'],
  [
    'marks that are none of Harmony',
    '<|channel|>finally<|message|>a <|start|>user<|message|>b',
    '<|channel|>finally<|message|>a <|start|>user<|message|>b',
  ],
  ['code about Harmony', '`<|channel|>analysis<|message|>` begins it.', '`<|channel|>analysis<|message|>` begins it.'],
  ['Harmony without its marks', 'analysisThe user asks, @bo. Respond.assistantfinalNine.', 'Nine.'],
  ['Harmony without its marks, behind white space and the role', '\nassistantanalysis“Hi”: greet.\nassistantfinal\n\nNine.', 'Nine.'],
  [
    'Harmony without its marks, with a call of a tool between',
    'analysisHm.assistantcommentary to=functions.get json{"a":1}assistantfinal**Nine**.',
    '**Nine**.',
  ],
  [
    'Harmony without its marks, whose thought speaks of them',
    'analysisWrite in the assistantfinal channel, `assistantfinal`. Soassistantfinal`Nine`.',
    '`Nine`.',
  ],
  [
    'Harmony without its marks, whose answer has them',
    'analysisHm.assistantfinalIt is analysisHm.assistantfinalNine.',
    'It is analysisHm.assistantfinalNine.',
  ],
  ['Harmony without its marks, with tags in its answer', 'analysisHm.assistantfinal<think>a</think>Nine.', 'Nine.'],
  ['Harmony without its marks and an answer', 'analysisHm.assistantfinal', ''],
  ['a name that begins as Harmony does', 'analysisResult is 9, not assistantFinal.', 'analysisResult is 9, not assistantFinal.'],
  ['the word that Harmony begins with', 'analysis: nine.assistantfinalTen', 'analysis: nine.assistantfinalTen'],
  ['the word alone', ' analysis', ' analysis'],
  ['a longer word', 'analysise, assistantanalysist', 'analysise, assistantanalysist'],
  ['the words in Chinese', 'analysis的意思是分析。assistantfinal九', 'analysis的意思是分析。assistantfinal九'],
  ['the words within a text', 'An analysisHm.assistantfinalNine.', 'An analysisHm.assistantfinalNine.'],
  ['a heading', 'Analysis\nassistantfinal', 'Analysis\nassistantfinal'],
  ['a fence in a thought', '<think>\n```\n</think>Nine `<think>`.', 'Nine `<think>`.'],
];

describe('ThoughtScanner', () => {
  it.each(cases)('%s', (_, content, answer) => {
    expect(read([content]).answer).toBe(answer);
  });

  it('gives the same answer however the content is cut', () => {
    for (const startsUnopened of [false, true]) {
      for (const [, content] of cases) {
        const whole = read([content], { startsUnopened });
        expect(read(Array.from(content), { startsUnopened })).toMatchObject({ answer: whole.answer, foundUnopened: whole.foundUnopened });
        for (let at = 1; at < content.length; at++) {
          expect(read([content.slice(0, at), content.slice(at)], { startsUnopened }).answer).toBe(whole.answer);
        }
      }
    }
  });

  it('gives any answer without tags unchanged', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom('<', '`', '```', '~~~', '\n', ' ', '</', '<t', 'think', '>', '[', '[/', 'THINK', ']', '◁', '▷'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const content = pieces.join('');
        fc.pre(!/<\/?(?:think|thinking|thought)[ \n]{0,3}>/i.test(content) && !/\[\/?THINK[ \n]{0,3}\]|◁\/?think[ \n]{0,3}▷/.test(content));
        expect(read(pieces).answer).toBe(content);
      }),
    );
  });

  it('keeps back nothing but what may become a tag', () => {
    const scanner = new ThoughtScanner();
    expect(scanner.push('if a').text).toBe('if a');
    expect(scanner.push(' <').text).toBe(' ');
    expect(scanner.push(' b').text).toBe('< b');
    expect(scanner.push('<thinkin').text).toBe('');
    expect(scanner.push('gs').text).toBe('<thinkings');
    expect(scanner.push('</thinking   ').text).toBe('');
    expect(scanner.push(' ').text).toBe('</thinking    ');
    // In code there are no tags, so nothing is kept back.
    expect(scanner.push(' `</thin').text).toBe(' `</thin');
  });

  it('takes back what was given before a closing tag without its opening', () => {
    expect(read(['Hm, ', '@bo.\n</th', 'ink>\n\nNine.'])).toEqual({ answer: 'Nine.', takenBack: 'Hm, @bo.\n', foundUnopened: true });
    expect(read(['<think>a', '</think>Or', '</think>Nine.'])).toEqual({ answer: 'Nine.', takenBack: 'Or', foundUnopened: false });
  });

  it('gives the answer of Harmony without its marks as it comes, and of its thought nothing, cut or not', () => {
    const scanner = new ThoughtScanner();
    expect(scanner.push('anal').text).toBe('');
    expect(scanner.push('ysisHm, @bo. assistant').text).toBe('');
    expect(scanner.push('finalN').text).toBe('N');
    expect(scanner.push('ine').text).toBe('ine');
    expect(read(['analysisHm, @bo. Is it ni'], { cut: true }).answer).toBe('');
    expect(read(['analysisHm.assistantfinalNi'], { cut: true }).answer).toBe('Ni');
    expect(read(['analysis'], { cut: true }).answer).toBe('analysis');
    expect(read([`analysisH${'a'.repeat(30)}`, 'assistantfinalb'], { maxHeldUnits: 20 }).answer).toBe('b');
    expect(read([`analysisH${'a'.repeat(30)}`, 'b'], { maxHeldUnits: 20 }).answer).toBe('analysisHaaaaaaaaaaa');
  });

  describe('of a model that is known to begin unopened', () => {
    const known = { startsUnopened: true };

    it('gives nothing before the closing tag, and the answer at once', () => {
      const scanner = new ThoughtScanner(known);
      expect(scanner.push('Hm, ```@bo.')).toEqual({ takenBack: false, text: '' });
      expect(scanner.push('</think>\n')).toEqual({ takenBack: false, text: '' });
      expect(scanner.push('Ni')).toEqual({ takenBack: false, text: 'Ni' });
    });

    it('gives the whole text at the end where no tag came', () => {
      expect(read(['Ni', 'ne.'], known).answer).toBe('Nine.');
      expect(read(['Nine.<think>But is it'], known).answer).toBe('Nine.');
    });

    it('reads tags in code as text, while it keeps back', () => {
      for (const answer of [
        'Write `<think>` first.',
        'Write `</think>` last, ``not </think> ` there``.',
        'So: `<think>a</think>`.',
        'So:\n```xml\n<think>\na\n</think>\n```\nDone.',
        'Wrap it in <thinking> tags.',
      ]) {
        expect(read([answer], known)).toEqual({ answer, takenBack: '', foundUnopened: false });
        expect(read([`They ask.\n${answer}\n</think>\n\n${answer}`], known).answer).toBe(answer);
      }
      for (const thought of ['Hm, `', 'Hm\n```\ncode', 'Hm\n```\ncode\n', 'See `<think>`.\n```\n', 'It`s ']) {
        expect(read([`${thought}</think>\nNine.`], known)).toMatchObject({ answer: 'Nine.', foundUnopened: true });
        expect(read([`${thought}</think>Nine.`], known).answer).toBe('Nine.');
      }
    });

    it('gives nothing that may be thought where a limit cut it', () => {
      const cut = { ...known, cut: true };
      expect(read(['Hm, @bo. Is it ni'], cut).answer).toBe('');
      expect(read(['Hm, `</think>` then'], cut).answer).toBe('');
      expect(read(['Hm.\n</think>\nNi'], cut).answer).toBe('Ni');
      expect(read(['<think>a</think>Ni'], cut).answer).toBe('Ni');
      expect(read(['Nine. <think>\nBut'], { cut: true }).answer).toBe('Nine. ');
      expect(read(['<think>a<think>b</think>c'], { cut: true }).answer).toBe('');
      expect(read(['Nine'], { cut: true }).answer).toBe('Nine');
    });

    it('reads Harmony without its marks', () => {
      expect(read(['analysisHm, @bo.assistant', 'finalNine.'], known)).toEqual({ answer: 'Nine.', takenBack: '', foundUnopened: false });
    });

    it('goes on at once after an opening tag, or a thought in a field of its own', () => {
      const opened = new ThoughtScanner(known);
      opened.push('<think>a</think>');
      expect(opened.push('Nine').text).toBe('Nine');
      const apart = new ThoughtScanner(known);
      apart.thoughtCameApart();
      expect(apart.push('\nNine').text).toBe('Nine');
    });

    it('keeps no more than an answer may hold', () => {
      expect(read(['a'.repeat(30), 'b'], { ...known, maxHeldUnits: 20 }).answer).toBe('a'.repeat(20));
      expect(read(['a'.repeat(30), '</think>b'], { ...known, maxHeldUnits: 20 }).answer).toBe('b');
    });
  });

  it.each(['<think>', '</think>', '<', '`', '[THINK', 'word ', 'analysisA', 'assistantfinal'])(
    'holds nobody up with an answer that comes at once, all of %j',
    async (piece) => {
      const scanner = new ThoughtScanner();
      // A unit is 0.3 µs at most.
      expect(await longestSlice(() => [scanner.push(piece.repeat(10_000)), scanner.end(false)])).toBeLessThan(200_000);
    },
  );

  it('comes to an end with whatever a model repeats', () => {
    for (const piece of [
      '<think>',
      '</think>',
      '<',
      '`',
      '<think>a</think>',
      ' ',
      '<thinking  ',
      'a<think><think></think>',
      'analysisA',
      'assistantfinal ',
    ]) {
      for (const startsUnopened of [false, true]) {
        const scanner = new ThoughtScanner({ startsUnopened });
        for (let n = 0; n < 20_000; n++) scanner.push(piece);
        // Whatever is kept back at the end is bounded, however much was pushed.
        expect(scanner.end(false).text.length).toBeLessThanOrEqual(maxReplyBytes + 20);
      }
    }
  });
});
