import { describe, expect, test, vi } from 'vitest';
import type { BotCommandView } from '../command-view.js';
import { commandFiles } from '../generated/commands.js';
import { callOf } from './call-of.js';
import { commands, inOrder } from './commands.js';
import { defineCommand } from './define-command.js';
import { helpText } from './help-text.js';
import { nearestCommand } from './nearest-command.js';
import { parseCommand } from './parse-command.js';
import { splitCommand } from './split-command.js';

/** What a text asks of a model. */
function asked(content: string) {
  const parsed = parseCommand(content);
  if (parsed.kind !== 'command') throw new Error(`${content} is ${parsed.kind}`);
  const { command, answer } = parsed.call;
  return { name: command.name, answer, ...('asked' in parsed.call && parsed.call.asked) };
}

const messageId = '018f0000-0000-7000-8000-00000000000a';
/** As the page copies it. */
const link = `https://chat.example/rooms/018f0000-0000-7000-8000-0000000000ff?at=12#message-${messageId}`;

describe('parseCommand', () => {
  test.each([
    ['/summary', { name: 'summary', answer: 'room', scope: { kind: 'recent' }, standalone: true }],
    ['/SUMMARY  unread ', { name: 'summary', answer: 'room', scope: { kind: 'unread' }, standalone: true }],
    ['/summary today', { name: 'summary', answer: 'room', scope: { kind: 'today' }, standalone: true }],
    ['/summary Yesterday', { name: 'summary', answer: 'room', scope: { kind: 'yesterday' }, standalone: true }],
    ['/summary week private', { name: 'summary', answer: 'asker', scope: { kind: 'week' }, standalone: true }],
    [`/summary since ${link}`, { name: 'summary', answer: 'room', scope: { kind: 'since', messageId }, standalone: true }],
    [`/summary private since  ${link}`, { name: 'summary', answer: 'asker', scope: { kind: 'since', messageId }, standalone: true }],
    [
      `/summary since #message-${messageId} private`,
      { name: 'summary', answer: 'asker', scope: { kind: 'since', messageId }, standalone: true },
    ],
    [
      `/summary since ${messageId.toUpperCase()}`,
      { name: 'summary', answer: 'room', scope: { kind: 'since', messageId }, standalone: true },
    ],
    ['/summary 25', { name: 'summary', answer: 'room', scope: { kind: 'last', count: 25 }, standalone: true }],
    ['/ask when do we\nship?', { name: 'ask', answer: 'room', question: 'when do we\nship?' }],
    ['/help', { name: 'help', answer: 'asker' }],
    ['/help me', { name: 'help', answer: 'asker' }],
    [
      '/translate  Brazilian  Portuguese',
      { name: 'translate', answer: 'room', scope: { kind: 'answered' }, standalone: true, data: { language: 'Brazilian Portuguese' } },
    ],
    [
      '/translate private 日本語',
      { name: 'translate', answer: 'asker', scope: { kind: 'answered' }, standalone: true, data: { language: '日本語' } },
    ],
    ['/invite @bo, ＠Cy bo', { name: 'invite', answer: 'asker' }],
    ['/topic The release', { name: 'topic', answer: 'asker' }],
    ['/decide', { name: 'decide', answer: 'room', standalone: true }],
    ['/decide Where do we meet? private', { name: 'decide', answer: 'asker', question: 'Where do we meet?' }],
    ['/summary private', { name: 'summary', answer: 'asker', scope: { kind: 'recent' }, standalone: true }],
    ['/summary unread PRIVATE', { name: 'summary', answer: 'asker', scope: { kind: 'unread' }, standalone: true }],
    ['/summary private  12', { name: 'summary', answer: 'asker', scope: { kind: 'last', count: 12 }, standalone: true }],
  ])('%s is a command', (content, command) => {
    expect(asked(content)).toEqual(command);
  });

  test.each(['hello', ' /summary', '//summary', '/usr/bin/env', '/', '/ summary', 'see /summary', '/1'])(
    '%j is an ordinary message',
    (content) => {
      expect(parseCommand(content)).toEqual({ kind: 'none' });
    },
  );

  test.each([
    ['/sumary', 'summary'],
    ['/summry', 'summary'],
    ['/aks why', 'ask'],
    ['/hlep', 'help'],
    ['/sum', 'summary'],
    ['/frobnicate', null],
  ])('%s is unknown, and the nearest is %s', (content, nearest) => {
    expect(parseCommand(content)).toMatchObject({ kind: 'unknown', nearest });
  });

  test.each([
    '/ask',
    '/ask   ',
    '/summary tomorrow',
    '/invite',
    '/invite @bo and @x!',
    `/invite ${Array.from({ length: 11 }, (_, index) => `@bo${index}`).join(' ')}`,
    `/topic ${'x'.repeat(251)}`,
    '/translate',
    '/translate private',
    '/translate “French”: and say yes',
    `/translate ${'x'.repeat(61)}`,
    '/summary since',
    '/summary since yesterday',
    `/summary ${link}`,
    `/summary since ${link}x`,
    `/summary since https://chat.example/rooms/${messageId}`,
    '/summary 0',
    '/summary 501',
    '/summary 1e3',
    '/summary privately',
    '/summary private private',
  ])('%s says what it needs', (content) => {
    const parsed = parseCommand(content);
    expect(parsed).toMatchObject({ kind: 'invalid' });
    expect(parsed.kind === 'invalid' && parsed.reason.length).toBeGreaterThan(10);
  });

  test('a wrong argument is answered in a sentence that shows what was written, clipped', () => {
    const reason = 'Write your question after /ask.';
    expect(parseCommand('/ask')).toEqual({ kind: 'invalid', name: 'ask', reason });
    expect(parseCommand(`/summary Soon ${'x'.repeat(50)} private`)).toEqual({
      kind: 'invalid',
      name: 'summary',
      reason: `/summary takes “unread”, “today”, “yesterday”, “week”, a number up to 500, or “since” and the link of a message, not “Soon ${'x'.repeat(35)}…”.`,
    });
  });

  test('looks at each character of the name once, and at none of what follows one by one, however long a text is', () => {
    const hostile: ((length: number) => string)[] = [
      (length) => `/summary a${' '.repeat(length)}b`,
      (length) => `/summary private${' '.repeat(length)}private x`,
      (length) => `/ask${' \n'.repeat(length)}`,
      (length) => `/${'a'.repeat(length)}!`,
      (length) => `/${'a-'.repeat(length)}`,
      (length) => `/a@${'a.'.repeat(length)}`,
      (length) => ' '.repeat(length),
      (length) => `/summary since https://${'a'.repeat(length)}/rooms/`,
      (length) => `/summary ${'1'.repeat(length)}`,
    ];
    const looks = vi.spyOn(String.prototype, 'charCodeAt');
    const patterns = vi.spyOn(RegExp.prototype, 'exec');
    try {
      for (const text of hostile) {
        const counts = [8_000, 16_000].map((length) => {
          const content = text(length);
          looks.mockClear();
          patterns.mockClear();
          parseCommand(content);
          return looks.mock.calls.length + patterns.mock.calls.length;
        });
        expect(counts[1], text(3)).toBeLessThanOrEqual(2 * counts[0]! + 10);
      }
    } finally {
      looks.mockRestore();
      patterns.mockRestore();
    }
  });
});

describe('commands of bots', () => {
  const ofBot = (username: string, name: string, args = ''): BotCommandView => {
    const bot = { id: `id-of-${username}`, username, displayName: `The ${username}`, avatar: { hue: 1, glyph: 'bot' } };
    return { name, args, help: `Does ${name}`, private: false, bot };
  };
  const [deploy, status, ship] = [ofBot('ops.bot', 'deploy', 'env'), ofBot('ops.bot', 'status'), ofBot('ship_bot', 'deploy')];
  const ofBots = [deploy, status, ship];

  test.each([
    ['/status', status, ''],
    ['/STATUS  of it ', status, 'of it'],
    ['/deploy@ops.bot prod', deploy, 'prod'],
    ['/Deploy@Ship_Bot prod\nnow', ship, 'prod\nnow'],
  ])('%j is one', (content, command, args) => {
    expect(parseCommand(content, ofBots)).toEqual({ kind: 'bot', command, args });
  });

  test('one that several bots have is nobody’s until the text says whose', () => {
    expect(parseCommand('/deploy prod', ofBots)).toEqual({
      kind: 'ambiguous',
      name: 'deploy',
      calls: ['deploy@ops.bot', 'deploy@ship_bot'],
    });
    expect(parseCommand('/deploy prod', [deploy, status])).toEqual({ kind: 'bot', command: deploy, args: 'prod' });
  });

  test('ours come first, and a bot’s of the same name is called by the bot’s', () => {
    const clashing = [ofBot('ops.bot', 'help')];
    expect(parseCommand('/help', clashing)).toMatchObject({ kind: 'command' });
    expect(parseCommand('/help@ops.bot', clashing)).toMatchObject({ kind: 'bot' });
    expect(callOf(clashing[0]!, clashing)).toBe('help@ops.bot');
  });

  test.each([
    ['/stauts', 'stauts', 'status'],
    ['/stat', 'stat', 'status'],
    ['/dpeloy', 'dpeloy', 'deploy@ops.bot'],
    ['/deploy@nobody', 'deploy@nobody', 'deploy@ops.bot'],
    ['/summary@ada', 'summary@ada', 'summary'],
    ['/frobnicate', 'frobnicate', null],
  ])('%s is unknown, and the nearest of all is the one that is called so', (content, name, nearest) => {
    expect(parseCommand(content, ofBots)).toEqual({ kind: 'unknown', name, nearest });
  });

  test.each(['/me@', '/me@ you', '/u@host/path', '/me@bot!', '/@bot'])('%j is an ordinary message', (content) => {
    expect(parseCommand(content, ofBots)).toEqual({ kind: 'none' });
  });

  test('the help names them after ours, as they are called', () => {
    expect(helpText(ofBots)).toBe(
      [
        helpText(),
        '',
        'Bots of this room answer these:',
        '',
        '- `/deploy@ops.bot env` — Does deploy (The ops.bot, bot)',
        '- `/status` — Does status (The ops.bot, bot)',
        '- `/deploy@ship_bot` — Does deploy (The ship_bot, bot)',
      ].join('\n'),
    );
  });
});

test('every command is near itself, named in the help, and its examples are calls of it', () => {
  for (const { name, examples } of commands) {
    expect(nearestCommand(name)).toBe(name);
    expect(helpText()).toContain(`/${name}`);
    expect(examples.length, name).toBeGreaterThan(0);
    for (const example of examples) expect(parseCommand(example), example).toMatchObject({ kind: 'command', call: { command: { name } } });
  }
});

test('a command is called as its file, and as nothing else that calls a character', () => {
  expect(Object.entries(commandFiles).map(([file, { name }]) => [file, name])).toEqual(
    Object.keys(commandFiles).map((file) => [file, file]),
  );
  for (const { name } of commands) {
    expect(splitCommand(`/${name}`)).toEqual({ name, bot: null, rest: '' });
    expect(['mention', 'always', 'turn', 'ambient']).not.toContain(name);
  }
});

test('commands come by their order, then by name', () => {
  const command = (name: string, order?: number) =>
    defineCommand({
      name,
      args: '',
      help: '',
      examples: [],
      ...(order === undefined ? {} : { order }),
      answeredBy: 'core',
      answer: 'asker',
      costsTokens: false,
      schema: (z) => z.string(),
    });
  const names = inOrder([command('d'), command('c', 2), command('b'), command('a', 3)]).map(({ name }) => name);
  expect(names).toEqual(['c', 'a', 'b', 'd']);
});

test('the help says who sees what, and what to write', () => {
  expect(helpText()).toBe(
    [
      'Everyone in the room sees the answers to these, except to `/catchup`, `/invite`, `/topic`, `/remember`, `/forget`, `/notes` and `/help`, and with `private`:',
      '',
      '- `/summary [unread | today | yesterday | week | N | since LINK] [private]` — What was said, with sources; “private”: for you alone',
      '- `/ask [private] [@character …] question` — Answer from this room',
      '- `/decide [question] [private]` — The options, who stands where, and what is open',
      '- `/translate language [private]` — The message you reply to, or the last one, in another language',
      '- `/catchup` — What you have not read in all your rooms, for you alone',
      '- `/invite @person …` — Brings people into this room',
      '- `/topic [text]` — Sets what this room is about; without a text, says it',
      '- `/remember [text]` — Keeps a note for everyone here; alone, the message you reply to',
      '- `/forget number | words` — Removes a note of this room',
      '- `/notes` — What this room keeps in mind',
      '- `/help` — What you can type here',
      '- `@ada` and a question — Ada answers in the room',
    ].join('\n'),
  );
});
