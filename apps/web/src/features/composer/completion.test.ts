import { expect, test } from 'vitest';
import { botCommand } from '../../testing/bot-command.js';
import { commandsFor } from './commands-for.js';
import { applyCompletion, completionAt, isComplete, type Mentionable } from './completion.js';

const who = (handle: string, name: string, kind: Mentionable['kind'] = 'person'): Mentionable => ({
  handle,
  name,
  kind,
  avatar: { hue: 0, glyph: null },
});
const mentionables = [who('ada', 'Ada', 'character'), who('bo', 'Bo Lindqvist'), who('cy', 'Cy Adeyemi')];
const room = { role: 'member', visibility: 'private', archived: false } as const;
const known = { commands: commandsFor(room, []), mentionables };

/** `|` is the caret. */
function complete(marked: string) {
  const caret = marked.indexOf('|');
  return completionAt(marked.replace('|', ''), caret, known);
}
const inserts = (marked: string) => complete(marked)?.items.map(({ insert }) => insert) ?? null;

test('a slash at the start offers every command, then those that begin so', () => {
  expect(inserts('/|')).toEqual([
    '/summary ',
    '/ask ',
    '/decide ',
    '/translate ',
    '/catchup ',
    '/topic ',
    '/remember ',
    '/forget ',
    '/notes ',
    '/help ',
  ]);
  expect(inserts('/su|')).toEqual(['/summary ']);
  expect(inserts('/SU|')).toEqual(['/summary ']);
});

test('the commands of bots come after ours, with the bot behind the name where two have one', () => {
  const ofBots = [botCommand('opsbot', 'deploy', 'env'), botCommand('opsbot', 'status'), botCommand('shipbot', 'deploy', 'env')];
  const offered = (typed: string) => completionAt(typed, typed.length, { commands: commandsFor(room, ofBots), mentionables });
  expect(offered('/')?.items.map(({ insert }) => insert)).toEqual([
    '/summary ',
    '/ask ',
    '/decide ',
    '/translate ',
    '/catchup ',
    '/topic ',
    '/remember ',
    '/forget ',
    '/notes ',
    '/help ',
    '/deploy@opsbot ',
    '/status ',
    '/deploy@shipbot ',
  ]);
  expect(offered('/DEPLOY@s')?.items).toMatchObject([
    { insert: '/deploy@shipbot ', command: { args: 'env', bot: { username: 'shipbot' } } },
  ]);
  expect(applyCompletion('/deploy@s', offered('/deploy@s')!, offered('/deploy@s')!.items[0]!)).toEqual({
    from: 0,
    to: 9,
    insert: '/deploy@shipbot ',
  });
});

test('whom a question is put to is completed one after the other', () => {
  const [first, second] = [inserts('/ask @|'), inserts('/ask @ada @|')];
  expect(first).toEqual(inserts('hello @|'));
  expect(second).toEqual(first);
  expect(first!.length).toBeGreaterThan(1);
});

test('nothing is offered after the name, elsewhere in the text, or for what nobody knows', () => {
  for (const marked of ['/ask |', '/summary 20 private |', '/summary x|', 'a /su|', '/usr/b|', '//|', '/zzz|', 'text|', '|'])
    expect(inserts(marked), marked).toBeNull();
});

test('what a command takes next is offered behind it, and sends what is whole', () => {
  expect(inserts('/summary |')).toEqual(['', 'unread ', 'today ', 'yesterday ', 'week ', 'since ', 'private ']);
  expect(inserts('/SUMMARY  TO|')).toEqual(['today ']);
  expect(inserts('/summary today |')).toEqual(['', 'private ']);
  expect(inserts('/summary since |')).toBeNull();
  expect(inserts('/summary since https://x |')).toEqual(['', 'private ']);
  expect(inserts('/topic |')).toEqual(['', '- ']);
  // Those who are not here are asked for, and offered with or without the sign.
  const inPublic = {
    commands: commandsFor({ ...room, visibility: 'public' }, []),
    mentionables,
    found: [who('dee', 'Dee Ó Súilleabháin')],
  };
  for (const typed of ['/invite ', '/invite @d', '/invite @x ó'])
    expect(completionAt(typed, typed.length, inPublic)?.items).toMatchObject([{ kind: 'mention', insert: '@dee ' }]);
  expect(completionAt('/invite bo', 10, inPublic)).toBeNull();
  const notes = [
    { word: '3', help: 'The importer runs at night' },
    { word: '12', help: 'Ünal has the key' },
  ];
  const forgets = (typed: string) =>
    completionAt(typed, typed.length, { commands: commandsFor(room, []), mentionables, found: [...inPublic.found, ...notes] })?.items.map(
      ({ insert }) => insert,
    );
  expect([forgets('/forget '), forgets('/forget 1'), forgets('/forget unal'), forgets('/forget the key ')]).toEqual([
    ['3 ', '12 '],
    ['12 '],
    ['12 '],
    undefined,
  ]);
  expect(inserts('/translate ger|')).toEqual(['German ']);
  expect(inserts('/translate German |')).toEqual(['', 'private ']);
  expect(chosen('/summary Un|')).toBe('/summary unread |');
  expect(chosen('/summary un|read')).toBe('/summary unread |');
  const sends = (text: string) => isComplete(text, complete(`${text}|`)!, complete(`${text}|`)!.items[0]!);
  expect(['/summary ', '/summary today', '/summary Today', '/summary today ', '/summary to'].map(sends)).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
});

test('an at sign offers who is here, by handle and by any word of the name', () => {
  expect(inserts('@|')).toEqual(['@ada ', '@bo ', '@cy ']);
  expect(inserts('hello @b|')).toEqual(['@bo ']);
  expect(inserts('hello @lind|')).toEqual(['@bo ']);
  expect(inserts('(@a|')).toEqual(['@ada ', '@cy ']);
});

test('an at sign offers wherever it calls', () => {
  for (const before of ['你好', '안녕', '-', '—', 'Thanks.', '😀']) expect(inserts(`${before}@ad|`), before).toEqual(['@ada ', '@cy ']);
  expect(inserts('你好＠ad|')).toEqual(['@ada ', '@cy ']);
  for (const before of ['é', 'ж', '_', '/', 'x＠', '1']) expect(inserts(`${before}@ad|`), before).toBeNull();
  const typed = complete('看＠ada|')!;
  expect(isComplete('看＠ada', typed, typed.items[0]!)).toBe(true);
  expect(applyCompletion('看＠ada', typed, typed.items[0]!)).toEqual({ from: 1, to: 5, insert: '@ada ' });
});

test('an address is no mention', () => {
  expect(inserts('bo@b|')).toBeNull();
  expect(inserts('`@b|')).toBeNull();
});

/** The text after choosing the first item offered at `|`, with the caret. */
function chosen(marked: string): string {
  const text = marked.replace('|', '');
  const completion = complete(marked)!;
  const { from, to, insert } = applyCompletion(text, completion, completion.items[0]!);
  return `${text.slice(0, from)}${insert}|${text.slice(to)}`;
}

test('choosing replaces what was typed and puts the caret after it, with one space', () => {
  expect(chosen('hello @lin| friend')).toBe('hello @bo |friend');
  expect(chosen('hello @lin|')).toBe('hello @bo |');
  expect(chosen('@lin|\nfriend')).toBe('@bo |\nfriend');
});

test('choosing within a name replaces the rest of it; a word that was there before stays', () => {
  expect(chosen('/su|mmary today')).toBe('/summary |today');
  expect(chosen('@a|da, hello')).toBe('@ada |, hello');
  expect(chosen('/su|mx')).toBe('/summary |mx');
  expect(chosen('/|hello')).toBe('/summary |hello');
  expect(chosen('@b|hello there')).toBe('@bo |hello there');
  expect(chosen('@|bob')).toBe('@ada |bob');
});

test('names are completed in every script', () => {
  const mentionables = [who('ase', 'Åse Ås'), who('ivan', 'Иван'), who('azuma', '東 一郎'), who('zoe', 'Zoë')];
  const offered = (text: string) => completionAt(text, text.length, { ...known, mentionables })?.items.map(({ insert }) => insert);
  expect(['@Ås', '@Ив', '@東', '@Zoë'].map(offered)).toEqual([['@ase '], ['@ivan '], ['@azuma '], ['@zoe ']]);
  expect(offered('＠')).toEqual(['@ase ', '@zoe ', '@ivan ', '@azuma ']);
  expect(offered('пишиme@Ив')).toBeUndefined();
});

test('what is typed out and needs nothing more may be sent, a command without its argument not', () => {
  const sendable = (text: string) => {
    const completion = completionAt(text, text.length, known)!;
    return isComplete(text, completion, completion.items[0]!);
  };
  expect(['/help', '/summary', '/Summary', 'hello @bo'].map(sendable)).toEqual([true, true, true, true]);
  expect(['/ask', '/su', 'hello @b', 'hello @lindqvist'].map(sendable)).toEqual([false, false, false, false]);
});
