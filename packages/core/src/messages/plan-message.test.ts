import type { CharacterView } from '@parley/contracts';
import { mentionsIn } from '@parley/contracts/markdown';
import { describe, expect, test } from 'vitest';
import type { RoomCharacterEntry } from '../access/authorized-room.js';
import { planMessage, type PlannedReply } from './plan-message.js';

function entry(handle: string, more: Partial<RoomCharacterEntry> = {}): RoomCharacterEntry {
  const character: CharacterView = {
    id: `id-${handle}`,
    handle,
    name: handle,
    tagline: '',
    avatar: { hue: 1, glyph: 'sparkle' },
    model: null,
  };
  return { character, autoReply: 'mention', isAssistant: false, ...more };
}

const ada = entry('ada', { isAssistant: true });
const bot = entry('bot');
const echo = entry('echo', { autoReply: 'always' });

function planned(content: string, characters: RoomCharacterEntry[]) {
  return planMessage(content, { characters, role: 'member' });
}

function replies(content: string, characters: RoomCharacterEntry[]): Omit<PlannedReply, 'character'>[] & { handles?: string[] } {
  const plan = planned(content, characters);
  if (plan.kind !== 'post') throw new Error('expected a post');
  return plan.replies.map(({ character, ...reply }) => ({ handle: character.handle, ...reply }));
}

/** What Ada and Adam are asked. */
function asked(content: string): (string | null)[] {
  return replies(content, [ada, entry('adam')]).map(({ question }) => question);
}

describe('planMessage', () => {
  test('an ordinary text calls nobody', () => {
    expect(planned('hello', [ada, bot])).toEqual({ kind: 'post', mentions: [], replies: [], aiCall: null });
  });

  test('commands call the assistant', () => {
    expect(replies('/summary 20', [bot, ada])).toEqual([
      { handle: 'ada', trigger: 'summary', question: null, scope: { kind: 'last', count: 20 }, standalone: true },
    ]);
    expect(replies('/ask why?', [ada])).toEqual([{ handle: 'ada', trigger: 'ask', question: 'why?', scope: null, standalone: false }]);
    expect(replies('/ask @bot why?', [ada, bot, echo])).toHaveLength(1);
  });

  test('a question is put to those whom it names at its beginning, to each by itself, and to the assistant where it names none', () => {
    const several = [ada, bot, entry('lin'), entry('kai'), entry('mo'), entry('zoe')];
    const whom = (content: string) => replies(content, several);
    const to = (handle: string, question: string, apart = true) => ({
      handle,
      trigger: 'ask',
      question,
      scope: null,
      standalone: false,
      ...(apart && { apart: true }),
    });
    expect(whom('/ask @lin, @ada: when is tea?')).toEqual([to('lin', 'when is tea?'), to('ada', 'when is tea?')]);
    expect(whom('/ask ＠LIN @lin when is tea, @ada?')).toEqual([to('lin', 'when is tea, @ada?', false)]);
    expect(whom('/ask @nobody @lin when is tea?')).toEqual([to('ada', '@nobody @lin when is tea?', false)]);
    expect(whom('/ask when do @lin and @kai meet?')).toEqual([to('ada', 'when do @lin and @kai meet?', false)]);
    // Behind `private` the answer is for whoever asks; at the end the word is one of the question.
    for (const [content, handle] of [
      ['/ask private when is tea?', 'ada'],
      ['/ask PRIVATE @lin when is tea?', 'lin'],
    ] as const) {
      const characterId = several.find(({ character }) => character.handle === handle)!.character.id;
      expect(planned(content, several)).toMatchObject({
        kind: 'private',
        command: { characterId, request: { trigger: 'ask', question: 'when is tea?' } },
      });
    }
    expect(whom('/ask which rooms are private')).toEqual([to('ada', 'which rooms are private', false)]);
    // Nobody has to be an assistant where others are asked.
    expect(replies('/ask @lin why?', [entry('lin')])).toHaveLength(1);
    for (const [content, says] of [
      ['/ask private @ada @lin when is tea?', 'Ask one character at a time where the answer is for you alone.'],
      ['/ask @ada @lin', 'Write your question after whom you ask.'],
      ['/ask @ada @lin @kai @mo @zoe @bot why?', 'Ask at most 5 characters at once.'],
    ] as const) {
      expect(() => whom(content)).toThrow(
        expect.objectContaining({ code: 'COMMAND_ARGUMENT', message: says, details: { field: 'content' } }),
      );
    }
  });

  test('a room without an assistant says so', () => {
    expect(() => planned('/summary', [bot])).toThrow(expect.objectContaining({ code: 'CHARACTER_NOT_FOUND' }));
  });

  test('help is for its asker alone', () => {
    expect(planned('/help', [])).toEqual({ kind: 'private', command: { name: 'help', args: '' }, aiCall: null });
  });

  test('mistakes are refused with a way out', () => {
    expect(() => planned('/summery', [ada])).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_COMMAND', details: { field: 'content', suggestion: 'summary' } }),
    );
    expect(() => planned('/frobnicate', [ada])).toThrow('Type /help');
    expect(() => planned('/ask', [ada])).toThrow(expect.objectContaining({ code: 'COMMAND_ARGUMENT' }));
  });

  test('a mention asks what follows the name, or the whole sentence', () => {
    expect(asked('@ada, what is new?')).toEqual(['what is new?']);
    expect(asked('@ADA what is new?')).toEqual(['what is new?']);
    expect(asked('what is new, @ada?')).toEqual(['what is new, @ada?']);
    expect(asked('@ada')).toEqual(['@ada']);
    expect(asked('@ada - list: a')).toEqual(['- list: a']);
    expect(asked('@adam')).toEqual(['@adam']);
    expect(asked('@adam ask @ada')).toEqual(['ask @ada', '@adam ask @ada']);
    expect(asked('＠ada，你好吗？')).toEqual(['你好吗？']);
    expect(asked('@ada東京は？')).toEqual(['東京は？']);
    expect(asked('@ada.lovelace is whom @ada knows')).toEqual(['@ada.lovelace is whom @ada knows']);
    expect(asked('@ada@host.org: ask @ada')).toEqual(['@ada@host.org: ask @ada']);
    expect(asked('@adaé, ask @ada')).toEqual(['@adaé, ask @ada']);
    expect(asked('@ada_ and @ada')).toEqual(['@ada_ and @ada']);
  });

  test('those mentioned answer first, then those that always do, each once, at most five', () => {
    expect(replies('@bot hello', [echo, bot])).toEqual([
      { handle: 'bot', trigger: 'mention', question: 'hello', scope: null, standalone: false },
      { handle: 'echo', trigger: 'always', question: '@bot hello', scope: null, standalone: false },
    ]);
    expect(replies('@echo hello', [echo])).toEqual([
      { handle: 'echo', trigger: 'mention', question: 'hello', scope: null, standalone: false },
    ]);
    const many = Array.from({ length: 8 }, (_, n) => entry(`bot${n}`));
    expect(replies(many.map(({ character }) => `@${character.handle}`).join(' '), many)).toHaveLength(5);
  });

  test('of the handles that a mention may mean, the longest that somebody has is meant', () => {
    const called = (content: string, members: string[]) => {
      const plan = planMessage(
        content,
        { characters: [ada, bot], role: 'member' },
        { mentions: mentionsIn(content), members: new Set(members) },
      );
      if (plan.kind !== 'post') throw new Error('expected a post');
      return [plan.mentions, plan.replies.map(({ character }) => character.handle)];
    };
    expect(called('@ada.lovelace', [])).toEqual([[{ handle: 'ada', characterId: 'id-ada' }], ['ada']]);
    expect(called('@ada.lovelace', ['ada.lovelace'])).toEqual([[{ handle: 'ada.lovelace', characterId: null }], []]);
    expect(called('@ada_, @ada and @bo.Thanks', ['bo'])).toEqual([
      [
        { handle: 'ada', characterId: 'id-ada' },
        { handle: 'bo', characterId: null },
      ],
      ['ada'],
    ]);
    expect(called('@ada_', ['ada_'])).toEqual([[{ handle: 'ada_', characterId: null }], []]);
    expect(called('> @ada\n\n`@bot` \\@ada', [])).toEqual([[], []]);
  });

  test('only the first fifty handles are mentions', () => {
    const plan = planned(Array.from({ length: 60 }, (_, n) => `@user${n}`).join(' '), []);
    expect(plan).toMatchObject({ kind: 'post', mentions: { length: 50 } });
  });
});
