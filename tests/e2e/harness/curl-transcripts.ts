import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { docsPage, expectForms, follow, formOf, jsonLines, sh, shell, snippets } from './docs-pages.js';
import { patienceMs } from './patience.js';
import { register, type Person } from './person.js';
import { startProgram } from './processes.js';

/** Where the commands of the pages run. */
export interface TranscriptWorld {
  /** Stands for `localhost:3000` and `$PARLEY`. */
  url: string;
  /** An account that is named `bot`, whose password is `password of bot`. */
  bot: Person;
}

const commands = (code: string): string[] => code.split(/\n(?=curl)/);

/** By page of `docs/`: has a shell do what it shows, and expects what it says. They leave accounts and rooms behind: once for each world. */
export const curlTranscripts: Record<string, (world: TranscriptWorld) => Promise<void>> = {
  async chat({ url, bot }) {
    const chat = (await docsPage('chat')).replaceAll('localhost:3000', url);
    const variables = { TOKEN: bot.accessToken };
    const accepted = await sh(snippets('sh', '/api/chat', chat)[0]!, variables);
    const [saidAccepted] = snippets('json', '"accepted"', chat);
    expect(formOf(accepted)).toEqual(formOf(JSON.parse(saidAccepted!)));
    const output = await follow(snippets('sh', '/api/sse', chat)[0]!, variables, [/event: message_complete\ndata: .*/]);
    const formsOf = (text: string) =>
      new Set(
        [...text.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, event, data]) => JSON.stringify([event, formOf(JSON.parse(data!))])),
      );
    expect([...formsOf(output)]).toEqual(expect.arrayContaining([...formsOf(snippets('text', 'event: chunk', chat)[0]!)]));
    expect(output.startsWith('retry: 1000\n\nid: ')).toBe(true);
  },

  async events({ url, bot }) {
    const events = (await docsPage('events')).replaceAll('localhost:3000', url);
    const variables = { TOKEN: bot.accessToken, ROOM: (await bot.http.rooms.create.mutate({ name: 'Events' })).id };
    const say = (content: string) => bot.http.messages.send.mutate({ roomId: variables.ROOM, clientId: randomUUID(), content });
    await say('Hello');
    const [fromStart, goOn] = [snippets('sh', 'after=0', events)[0]!, snippets('sh', 'last-event-id', events)[0]!];
    const output = await follow(fromStart, variables, [/"content":"Hello"/]);
    const [said] = snippets('text', '"type":"hello"', events);
    expect(output.startsWith('retry: 1000\n\nid: 0:')).toBe(true);
    expectForms(jsonLines(said!, 'data: '), jsonLines(output, 'data: '));
    const LAST = /^id: (\d+)\ndata: \{"type":"message"/m.exec(output)![1]!;
    await say('Meanwhile');
    const rest = await follow(goOn, { ...variables, LAST }, [/"content":"Meanwhile"/]);
    expect(rest).not.toContain('"content":"Hello"');

    const inbox = await follow(snippets('sh', 'inbox/events', events)[0]!, variables, [/"type":"server"/]);
    expectForms(jsonLines(snippets('text', '"type":"snapshot"', events)[0]!, 'data: '), jsonLines(inbox, 'data: '));

    const ticket = (await sh(snippets('sh', 'stream-tickets', events)[0]!, variables)) as { path: string };
    expect(formOf(ticket)).toEqual(formOf(JSON.parse(snippets('json', '"ticket"', events)[0]!)));
    await follow(`curl -sN "${url}${ticket.path}"`, {}, [/"type":"hello"/]);
  },

  async rest({ url }) {
    const [calls, tag, match, wrong] = snippets('sh', 'curl', await docsPage('rest'));
    const [registering, create, send, search] = commands(calls!);
    const server = { PARLEY: url };
    const { token, user } = (await sh(registering!, server)) as { token: string; user: { username: string } };
    expect(user.username).toBe('olga');
    const signedIn = { ...server, TOKEN: token };
    const { id } = (await sh(create!, signedIn)) as { id: string };
    const inRoom = { ...signedIn, ROOM: id };
    const sent = await sh(send!, inRoom);
    expect(sent).toMatchObject({ message: { content: 'The tide is in.' } });
    expect(await sh(send!, inRoom)).toEqual(sent);
    expect(await sh(search!, signedIn)).toMatchObject({ items: [{ roomId: id, content: 'The tide is in.' }] });
    expect(await sh(tag!, inRoom)).toBe(304);
    const [changed, kept] = (await shell(match!.replaceAll('\ncurl', '\necho; curl'), inRoom))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect([changed, kept]).toMatchObject([{ topic: 'Tides' }, { code: 'PRECONDITION_FAILED', status: 412 }]);
    expect(await sh(wrong!, signedIn)).toMatchObject({ code: 'VALIDATION', error: { data: { field: 'colour' } } });
  },

  async openai({ url, bot }) {
    const { key } = await bot.http.keys.create.mutate({ name: 'models', scopes: ['characters:use'] });
    const env = { PARLEY: url, KEY: key };
    const [list, ask, stream] = commands(snippets('sh', 'curl', await docsPage('openai'))[0]!);
    expect(await sh(list!, env)).toMatchObject({
      object: 'list',
      data: expect.arrayContaining([expect.objectContaining({ id: 'ada' })]) as unknown,
    });
    expect(await sh(ask!, env)).toMatchObject({
      choices: [{ message: { content: expect.stringContaining('> The ship sails on Friday at noon.') as string }, finish_reason: 'stop' }],
    });
    expect(await shell(stream!, env)).toMatch(/^data: \{.*"finish_reason":"stop".*\n\ndata: \[DONE\]\n\n$/s);
  },

  async mcp({ url, bot }) {
    const { key } = await bot.http.keys.create.mutate({ name: 'tools', scopes: ['messages:read'] });
    const [list, call] = commands(snippets('sh', 'curl', await docsPage('mcp'))[0]!);
    const env = { PARLEY: url, KEY: key };
    const { result } = (await sh(list!, env)) as { result: { tools: { name: string }[] } };
    expect(result.tools.map(({ name }) => name)).toContain('search_messages');
    expect(await sh(call!, env)).toMatchObject({
      id: 2,
      result: { content: [{ type: 'text', text: expect.stringMatching(/^\{"items":/) as string }] },
    });
  },

  async webhooks({ url, bot }) {
    const { id: ROOM } = await bot.http.rooms.create.mutate({ name: 'Builds' });
    const env = { PARLEY: url, TOKEN: bot.accessToken, ROOM };
    const blocks = snippets('sh', 'curl', await docsPage('webhooks'));
    const [out, into] = [blocks.at(0), blocks.at(-1)];
    // An address without a name: nobody is asked for it.
    expect(await sh(out!.replace('example.com', '192.0.32.7'), env)).toMatchObject({
      events: ['message.created', 'reply.finished'],
      status: 'active',
      secret: expect.stringMatching(/^whsec_/) as string,
    });
    const [make, post] = commands(into!);
    const { url: URL } = (await sh(make!, env)) as { url: string };
    const { messageId } = (await sh(post!, { ...env, URL })) as { messageId: string };
    expect(await bot.http.messages.get.query({ messageId })).toMatchObject({
      content: 'The build is **green**.',
      author: { name: 'Builds' },
    });
  },

  async 'quick-start'({ url }) {
    await using person = await register(url, 'quick', 'a good password');
    const steps = snippets('sh', 'localhost:3000', await docsPage('quick-start')).map((step) =>
      step.replace('"olga"', '"quick"').replaceAll('localhost:3000', url),
    );
    const [last] = steps.splice(-1);
    const stdout = await shell(`set -eu\n${[...steps, 'echo; echo "ROOM=$ROOM"'].join('\n')}`);
    const [, KEY] = /^(parley_\S+)$/m.exec(stdout)!;
    const [, ROOM] = /^ROOM=(\S+)$/m.exec(stdout)!;
    const said = async () => (await person.http.messages.list.query({ roomId: ROOM! })).items;
    expect((await said()).find(({ kind }) => kind === 'text')).toMatchObject({ content: 'The tide is in.', author: { handle: 'tide' } });
    const listening = startProgram('-c', { command: 'bash', args: [last!], env: { KEY: KEY!, ROOM: ROOM! } });
    try {
      // The stream begins with what happens once it is open, which the room shows by who is in it.
      const reading = person.read(ROOM!);
      const { user } = (await person.http.rooms.get.query({ roomId: ROOM! })).members.find(({ user }) => user.username === 'tide')!;
      await reading.events.until((items) => items.some(({ data }) => data.type === 'presence' && data.online?.includes(user.id)));
      reading.stop();
      await person.http.messages.send.mutate({ roomId: ROOM!, clientId: randomUUID(), content: '@tide when does it turn?' });
      await expect.poll(async () => (await said()).at(-1)?.content, { timeout: patienceMs }).toBe('It goes out at four.');
    } finally {
      // The stream ends with the bot’s key, and then the program that reads it; a signal would reach the shell alone.
      await person.http.bots.remove.mutate({ username: 'tide' });
      await listening.exited;
    }
  },

  async keys({ url }) {
    const keys = await docsPage('keys');
    await using person = await register(url, 'keyed');
    const token = { TOKEN: person.accessToken };
    const [make, end, bots] = snippets('sh', 'curl', keys).map((code) => code.replaceAll('localhost:3000', url));
    const made = (await sh(make!, token)) as { id: string; key: string };
    const [shown] = snippets('json', 'parley_', keys);
    expect(formOf(made)).toEqual(formOf(JSON.parse(shown!)));
    const asKey = async () => (await fetch(`${url}/api/rooms`, { headers: { authorization: `Bearer ${made.key}` } })).status;
    expect(await asKey()).toBe(200);
    const [list, revoke] = commands(end!);
    expect(await sh(list!, token)).toMatchObject([{ id: made.id, name: 'reports' }]);
    await sh(revoke!, { ...token, KEY_ID: made.id });
    // Within a second on every server.
    await expect.poll(asKey, { timeout: patienceMs }).toBe(401);
    const [makeBot, listBots, removeBot] = commands(bots!);
    await sh(makeBot!, token);
    expect(await sh(listBots!, token)).toMatchObject([{ user: { username: 'ferry' } }]);
    await sh(removeBot!, token);
    expect(await sh(listBots!, token)).toEqual([]);
  },

  async wire({ url, bot }) {
    const wire = (await docsPage('wire')).replaceAll('localhost:3000', url);
    const [login, list, messages] = commands(snippets('sh', 'auth.login', wire)[0]!);
    await bot.http.rooms.create.mutate({ name: 'Wire' });
    const { result } = (await sh(login!)) as { result: { data: { accessToken: string } } };
    const token = { TOKEN: result.data.accessToken };
    const rooms = (await sh(list!, token)) as { result: { data: { room: { id: string } }[] } };
    const variables = { ...token, ROOM: rooms.result.data[0]!.room.id };
    expect(await sh(messages!, variables)).toMatchObject({
      result: { data: { items: expect.any(Array) as unknown[], rev: expect.any(Number) as number } },
    });
    const output = await follow(snippets('sh', 'rooms.events', wire)[0]!, variables, [/data: \{"type":"hello".*/]);
    expect(jsonLines(output, 'data: ')).toContainEqual(expect.objectContaining({ type: 'hello', rev: expect.any(Number) as number }));
  },
};
