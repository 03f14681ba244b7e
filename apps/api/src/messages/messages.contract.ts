import { commands, commandView } from '@parley/contracts/commands';
import { randomUUID } from 'node:crypto';
import { replyJobs } from '@parley/core/replies/reply-sink';
import { describe, expect, test } from 'vitest';
import { sharedApi } from '../testing/shared-api.js';

const code = (appCode: string, more: object = {}) =>
  expect.objectContaining({ data: expect.objectContaining({ appCode, ...more }) as object }) as Error;

export function messagesSuite(kind: 'pglite' | 'postgres'): void {
  describe(`messages on ${kind}`, () => {
    const world = sharedApi(kind);
    const person = (name: string) => world().register(`${name}-${randomUUID().slice(0, 8)}`);
    async function room() {
      const [owner, guest] = [await person('olga'), await person('gus')];
      const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Harbour' });
      await guest.http.rooms.join.mutate({ roomId });
      /** What people said, without system lines: nobody says that someone joined. */
      const said = async (user = owner) =>
        (await user.http.messages.list.query({ roomId })).items.filter(({ kind: of }) => of !== 'system');
      const send = (content: string, more: object = {}) =>
        owner.http.messages.send.mutate({ roomId, clientId: randomUUID(), content, ...more });
      return { owner, guest, roomId, send, said };
    }

    test('a message is as it was sent, and pages go both ways', async () => {
      const owner = await person('olga');
      const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Alone' });
      const send = (content: string, more: object = {}) =>
        owner.http.messages.send.mutate({ roomId, clientId: randomUUID(), content, ...more });
      const { message, replies, privateReply } = await send('  käse 🛥\n\n```js\n1\n```  ');
      expect(message).toMatchObject({
        seq: 1,
        kind: 'text',
        content: '  käse 🛥\n\n```js\n1\n```  ',
        author: { type: 'user', id: owner.id },
      });
      expect({ replies, privateReply }).toEqual({ replies: [], privateReply: null });
      for (let i = 2; i <= 12; i++) await send(`m${i}`, i === 5 ? { replyTo: message!.id } : {});
      const list = (input: object) => owner.http.messages.list.query({ roomId, ...input });
      const seqs = ({ items }: { items: { seq: number }[] }) => items.map(({ seq }) => seq);
      const latest = await list({ limit: 5 });
      expect(seqs(latest)).toEqual([8, 9, 10, 11, 12]);
      expect(latest).toMatchObject({ hasBefore: true, hasAfter: false });
      expect(seqs(await list({ before: 8, limit: 5 }))).toEqual([3, 4, 5, 6, 7]);
      expect(seqs(await list({ after: 10, limit: 5 }))).toEqual([11, 12]);
      expect(seqs(await list({ around: 6, limit: 5 }))).toContain(6);
      expect((await list({ after: 4, limit: 1 })).items[0]).toMatchObject({ replyTo: message!.id });
      await expect(list({ before: 3, after: 1 })).rejects.toEqual(code('VALIDATION'));
      await expect(list({ limit: 101 })).rejects.toEqual(code('VALIDATION', { field: 'limit' }));
    });

    test('a text that holds up the parser of PostgreSQL for minutes is sent like any other', async () => {
      const { send, owner } = await room();
      for (const piece of ['a1@', 'a_', '<!--']) {
        const content = piece.repeat(30_000 / piece.length);
        expect((await send(content)).message).toMatchObject({ content });
      }
      await expect(owner.http.auth.me.query()).resolves.toMatchObject({ id: owner.id });
    });

    test('the same send again is the same message, also a hundred times at once; its clientId for another is refused', async () => {
      const { owner, roomId, said } = await room();
      const input = { roomId, clientId: randomUUID(), content: 'once' };
      const all = await Promise.all(Array.from({ length: 100 }, () => owner.http.messages.send.mutate(input)));
      expect(new Set(all.map(({ message }) => JSON.stringify(message))).size).toBe(1);
      expect(await said()).toHaveLength(1);
      await expect(owner.http.messages.send.mutate({ ...input, content: 'other' })).rejects.toEqual(code('CLIENT_ID_REUSED'));
    });

    test('an empty, a large, and an impossible message each get their code', async () => {
      const { roomId, owner, send } = await room();
      for (const empty of ['', '   ', '\n\t', '\u200b\u2060', '#', '>', '[//]: # (x)'])
        await expect(send(empty)).rejects.toEqual(code('MESSAGE_EMPTY', { httpStatus: 400 }));
      for (const large of ['x'.repeat(32 * 1024 + 1), '🛥'.repeat(9_000)])
        await expect(send(large)).rejects.toEqual(code('MESSAGE_TOO_LARGE', { httpStatus: 413, code: 'PAYLOAD_TOO_LARGE' }));
      expect((await send('x'.repeat(32 * 1024))).message!.content).toHaveLength(32 * 1024);
      for (const bad of ['nul \0', 'half \ud83d']) await expect(send(bad)).rejects.toEqual(code('VALIDATION', { field: 'content' }));
      await expect(owner.http.messages.send.mutate({ roomId, clientId: 'no uuid', content: 'x' })).rejects.toEqual(
        code('VALIDATION', { field: 'clientId' }),
      );
      // A browser may know zones that the server does not.
      const from = { roomId, clientId: randomUUID(), content: 'from afar', timeZone: 'Mars/Olympus' };
      expect((await owner.http.messages.send.mutate(from)).message!.content).toBe('from afar');
      // What is checked is what is stored, and what is read as a command.
      for (const content of ['    if x:\n        y', ' /summary', '[TODO]: fix', '-']) {
        expect(await send(content)).toMatchObject({ message: { content }, replies: [], privateReply: null });
      }
      await expect(send('to nothing', { replyTo: randomUUID() })).rejects.toEqual(code('MESSAGE_NOT_FOUND'));
    });

    test('a command no one knows is not posted, and the nearest is named', async () => {
      const { send, said } = await room();
      await expect(send('/sumary')).rejects.toEqual(code('UNKNOWN_COMMAND', { suggestion: 'summary' }));
      await expect(send('/summary 9999')).rejects.toEqual(code('COMMAND_ARGUMENT'));
      await expect(send('/ask')).rejects.toEqual(code('COMMAND_ARGUMENT'));
      expect(await said()).toEqual([]);
    });

    test('/help answers its asker alone', async () => {
      const { roomId, owner, guest, send, said } = await room();
      const { message, replies, privateReply } = await send('/help');
      expect({ message, replies }).toEqual({ message: null, replies: [] });
      expect(privateReply).toMatchObject({ roomId, status: 'complete', content: expect.stringContaining('/summary') as string });
      for (const user of [owner, guest]) expect(await said(user)).toEqual([]);
    });

    test('/invite brings people in as rooms.addMember does, with the same rights, limits and scopes, and says what became of each', async () => {
      const { roomId, owner, guest, send } = await room();
      const [ann, ben, left] = [await person('ann'), await person('ben'), await person('lee')];
      const { id: closed } = await owner.http.rooms.create.mutate({ name: 'Closed', visibility: 'private' });
      await left.http.rooms.join.mutate({ roomId });
      await left.http.rooms.leave.mutate({ roomId });
      const clientId = randomUUID();
      const invite = `/invite @${ann.username}, ${ben.username.toUpperCase()} @nobody-at-all @${left.username}`;
      const { message, privateReply } = await send(invite, { clientId });
      expect(message).toBeNull();
      expect(privateReply!.content.split('\n')).toEqual([
        `- ${ann.username} (\`@${ann.username}\`) is in this room now.`,
        `- ${ben.username} (\`@${ben.username}\`) is in this room now.`,
        expect.stringMatching(/^- `@nobody-at-all`: /),
        `- ${left.username} (\`@${left.username}\`) left this room once, so they are invited and can join again.`,
      ]);
      const { members } = await owner.http.rooms.get.query({ roomId });
      expect(members.map(({ user }) => user.username).toSorted()).toEqual(
        [owner, guest, ann, ben].map(({ username }) => username).toSorted(),
      );
      // A repeat brings nobody in again: who was removed meanwhile stays outside.
      await owner.http.rooms.removeMember.mutate({ roomId, username: ben.username });
      expect((await send(invite, { clientId })).privateReply).toEqual(privateReply);
      expect((await owner.http.rooms.get.query({ roomId })).members).toHaveLength(3);

      await expect(send('/invite @nobody-at-all')).rejects.toEqual(code('USER_NOT_FOUND'));
      await expect(send('/invite')).rejects.toEqual(code('COMMAND_ARGUMENT', { field: 'content' }));
      // In a private room only moderators bring people in, whatever door they use.
      await owner.http.rooms.addMember.mutate({ roomId: closed, username: guest.username });
      await expect(
        guest.http.messages.send.mutate({ roomId: closed, clientId: randomUUID(), content: `/invite @${ann.username}` }),
      ).rejects.toEqual(code('FORBIDDEN'));
      const names = async (user: typeof guest, id: string) => (await user.http.commands.list.query({ roomId: id })).map(({ name }) => name);
      expect([(await names(guest, closed)).includes('invite'), (await names(owner, closed)).includes('invite')]).toEqual([false, true]);
      expect(await names(guest, roomId)).toContain('invite');
      expect((await owner.http.rooms.get.query({ roomId: closed })).members).toHaveLength(2);
    });

    test('/topic says the topic, sets it as rooms.update does, and takes it away', async () => {
      const { roomId, owner, guest, send, said } = await room();
      const answer = async (content: string) => (await send(content)).privateReply!.content;
      const topic = async () => (await owner.http.rooms.get.query({ roomId })).room.topic;
      expect(await answer('/topic')).toBe('This room has no topic. Write one after `/topic`.');
      expect(await answer('/topic The *release* on Friday')).toBe('The topic of this room is now: The \\*release\\* on Friday');
      expect(await topic()).toBe('The *release* on Friday');
      expect(await answer('/topic')).toBe('The topic of this room: The \\*release\\* on Friday');
      const asGuest = (content: string) => guest.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
      expect((await asGuest('/topic')).privateReply!.content).toMatch(/release/);
      await expect(asGuest('/topic mine')).rejects.toEqual(code('FORBIDDEN'));
      for (const bad of [`/topic ${'x'.repeat(251)}`, '/topic two\nlines', '/topic turned \u202e round']) {
        await expect(send(bad)).rejects.toEqual(code('COMMAND_ARGUMENT', { field: 'content' }));
      }
      expect(await topic()).toBe('The *release* on Friday');
      expect(await answer('/topic -')).toBe('This room has no topic now.');
      expect(await topic()).toBe('');
      expect(await said()).toEqual([]);
    });

    test('/remember keeps a text or the message it answers, /notes lists them, /forget removes one by its number or its words', async () => {
      const { roomId, owner, guest, send, said } = await room();
      const { message } = await send('The *importer* runs at night');
      const as = (user: typeof owner, content: string, more: object = {}) =>
        user.http.messages.send.mutate({ roomId, clientId: randomUUID(), content, ...more });
      const answer = async (content: string, more: object = {}) => (await as(guest, content, more)).privateReply!.content;
      expect(await answer('/notes')).toBe('This room has no notes yet. Write one after `/remember`.');
      expect(await answer('/remember', { replyTo: message!.id })).toBe(
        'Kept for everyone here, as note 1: The \\*importer\\* runs at night',
      );
      expect(await answer('/remember Olga knows it', { replyTo: message!.id })).toBe('Kept for everyone here, as note 2: Olga knows it');
      const twice = { clientId: randomUUID() };
      for (let call = 0; call < 2; call++) await as(owner, '/remember lunch is at noon', twice);
      const [first, second, third, ...more] = await owner.http.notes.list.query({ roomId });
      expect(more).toEqual([]);
      expect(first).toMatchObject({ text: 'The *importer* runs at night', author: { id: guest.id }, source: { messageId: message!.id } });
      expect(second).toMatchObject({ text: 'Olga knows it', source: { messageId: message!.id } });
      expect(third).toMatchObject({ text: 'lunch is at noon', author: { id: owner.id }, source: null });
      const lines = (await answer('/notes')).split('\n');
      expect(lines[0]).toBe(`- **1** The \\*importer\\* runs at night[1](#message-${message!.id}) *${guest.username}*`);
      expect(lines).toHaveLength(3);

      const wrong = code('COMMAND_ARGUMENT', { field: 'content' });
      for (const bad of [
        '/remember',
        `/remember ${'x'.repeat(1001)}`,
        '/forget',
        '/forget 9',
        '/forget i',
        '/forget nothing of the kind',
      ]) {
        await expect(send(bad), bad).rejects.toEqual(wrong);
      }
      await expect(send('/remember', { replyTo: randomUUID() })).rejects.toEqual(code('COMMAND_ARGUMENT', { field: 'replyTo' }));
      expect(await answer('/forget #1')).toBe('Note 1 is gone: The \\*importer\\* runs at night');
      expect(await answer('/forget LUNCH noon')).toBe('Note 3 is gone: lunch is at noon');
      expect(await owner.http.notes.list.query({ roomId })).toEqual([second]);
      // None of it is said in the room.
      expect(await said()).toEqual([message]);
    });

    test('a key that may write but not change rooms acts by no command', async () => {
      const { roomId, owner } = await room();
      const { key } = await owner.http.keys.create.mutate({ name: 'writer', scopes: ['messages:write'] });
      const send = (content: string) => world().as(key).messages.send.mutate({ roomId, clientId: randomUUID(), content });
      expect(await send('/topic')).toMatchObject({ privateReply: { content: expect.stringMatching(/no topic/) as string } });
      await expect(send('/topic mine')).rejects.toEqual(code('FORBIDDEN'));
      await expect(send('/notes')).rejects.toEqual(code('FORBIDDEN'));
      expect((await owner.http.rooms.get.query({ roomId })).room.topic).toBe('');
    });

    test('commands are listed as they are', async () => {
      const { roomId, owner: guest } = await room();
      expect(await guest.http.commands.list.query({ roomId })).toEqual(commands.map(commandView));
    });

    test('/ask writes the question and a reply that waits for a worker', async () => {
      const { send } = await room();
      const { message, replies } = await send('/ask where is the harbour?');
      expect(message).toMatchObject({ kind: 'text' });
      expect(replies).toMatchObject([
        {
          kind: 'reply',
          seq: message!.seq + 1,
          status: 'queued',
          content: '',
          author: { handle: 'ada' },
          reply: { trigger: { kind: 'ask', messageId: message!.id } },
        },
      ]);
    });

    test('who asked may stop a reply, as may a moderator, nobody else; stopping again changes nothing', async () => {
      const { guest, owner, roomId } = await room();
      const other = await person('otto');
      await other.http.rooms.join.mutate({ roomId });
      const ask = async () =>
        (await guest.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask when?' })).replies[0]!.id;
      const queued = await ask();
      await expect(other.http.replies.stop.mutate({ messageId: queued })).rejects.toEqual(code('FORBIDDEN'));
      const stopped = await guest.http.replies.stop.mutate({ messageId: queued });
      expect(stopped).toMatchObject({ status: 'stopped', reply: { stoppedBy: guest.id } });
      expect(await owner.http.replies.stop.mutate({ messageId: queued })).toEqual(stopped);
      expect(await owner.http.replies.stop.mutate({ messageId: await ask() })).toMatchObject({
        status: 'stopped',
        reply: { stoppedBy: owner.id },
      });
      const streaming = await ask();
      await replyJobs.claim(world().core, streaming, { id: 'worker', leaseMs: 60_000 });
      expect(await guest.http.replies.stop.mutate({ messageId: streaming })).toMatchObject({ status: 'streaming' });
      const { message } = await guest.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'no reply' });
      await expect(guest.http.replies.stop.mutate({ messageId: message!.id })).rejects.toEqual(code('MESSAGE_NOT_FOUND'));
    });
  });
}
