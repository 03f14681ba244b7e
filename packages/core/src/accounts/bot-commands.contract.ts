import { randomUUID } from 'node:crypto';
import { channels, type BotCommand, type RoomOperationName } from '@parley/contracts';
import { helpText } from '@parley/contracts/commands';
import { describe, expect, it } from 'vitest';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { RoomAccess } from '../access/room-access.js';
import { createKey } from '../keys/create-key.js';
import { readKey } from '../keys/key-text.js';
import { loadKeyActor } from '../keys/load-key-actor.js';
import { joinRoom } from '../members/join-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { deleteMessage } from '../messages/delete-message.js';
import { editMessage } from '../messages/edit-message.js';
import { postMessage } from '../messages/post-message.js';
import { createRoom } from '../rooms/create-room.js';
import type { Actor } from '../sessions/actor.js';
import { loadChanges } from '../sync/load-changes.js';
import { loadInboxMarks } from '../sync/load-inbox-marks.js';
import { placeCharacter } from '../testing/place-character.js';
import { sharedWorld } from '../testing/shared-world.js';
import { listBotCommands, setBotCommands } from './bot-commands.js';
import { createBot, removeBot } from './bots.js';
import { disableAccount } from './disable-account.js';
import { enableAccount } from './enable-account.js';

export function botCommandsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`commands of bots (${kind})`, () => {
    const world = sharedWorld(kind);
    const command = (name: string, args = ''): BotCommand => ({ name, help: `Does ${name}`, arguments: args });

    /** A room of a person's, and bots of theirs in it. */
    async function roomWith<Name extends string>(owner: string, ...usernames: Name[]) {
      const { deps } = world();
      const person = await world().register(owner);
      const { id: roomId } = await createRoom(deps, person.actor, { name: 'A room', topic: '', visibility: 'public' });
      const run = <T>(actor: Actor, fn: (room: AuthorizedRoom) => Promise<T>, operation: RoomOperationName = 'messages.send') =>
        new RoomAccess(deps).run(actor, roomId, operation, fn);
      const bots = {} as Record<Name, Actor>;
      for (const username of usernames) {
        await createBot(deps, person.actor, { username });
        const scopes = ['rooms:write', 'messages:write'] as const;
        const { key } = await createKey(deps, person.actor, { name: 'run', scopes, bot: username });
        bots[username] = await loadKeyActor(deps, readKey(key)!);
        await run(bots[username], (room) => joinRoom(deps, room), 'rooms.join');
      }
      const post = (content: string, clientId: string = randomUUID()) =>
        run(person.actor, (room) => postMessage(deps, room, { clientId, content }));
      const listed = async () => (await listBotCommands(deps, { roomId })).map(({ name, bot }) => `${name} of ${bot.username}`);
      return { ...person, deps, roomId, run, bots, post, listed };
    }

    it('are said by the bot alone, in place of those it had, and are none of ours', async () => {
      const { deps, roomId, actor, bots, listed } = await roomWith('abe', 'a-ops');
      await setBotCommands(deps, bots['a-ops'], { commands: [command('old')] });
      await setBotCommands(deps, bots['a-ops'], { commands: [command('deploy', 'env'), command('status')] });
      expect(await listBotCommands(deps, { roomId })).toEqual([
        {
          name: 'deploy',
          args: 'env',
          help: 'Does deploy',
          private: false,
          bot: expect.objectContaining({ username: 'a-ops' }) as unknown,
        },
        { name: 'status', args: '', help: 'Does status', private: false, bot: expect.objectContaining({ username: 'a-ops' }) as unknown },
      ]);
      await expect(setBotCommands(deps, bots['a-ops'], { commands: [command('ok'), command('help')] })).rejects.toMatchObject({
        code: 'VALIDATION',
        details: { field: 'commands.1.name' },
      });
      await expect(setBotCommands(deps, actor, { commands: [command('mine')] })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(await listed()).toEqual(['deploy of a-ops', 'status of a-ops']);
      await setBotCommands(deps, bots['a-ops'], { commands: [] });
      expect(await listed()).toEqual([]);
    });

    it('are posted as a message that mentions the bot, and call no character', async () => {
      const { deps, roomId, bots, post, user } = await roomWith('bob', 'b-ops');
      await placeCharacter(deps, roomId, { handle: 'b-talker', autoReply: 'always' });
      await setBotCommands(deps, bots['b-ops'], { commands: [command('deploy')] });
      world().bus.clear();
      const { message, replies } = await post('/Deploy prod, @b-talker and @bob');
      const botId = bots['b-ops'].userId;
      expect(message).toMatchObject({
        kind: 'text',
        content: '/Deploy prod, @b-talker and @bob',
        botCommand: { botId, name: 'deploy', args: 'prod, @b-talker and @bob' },
      });
      expect(message!.mentions).toHaveLength(3);
      expect(message!.mentions).toEqual([botId, expect.any(String), user.id]);
      expect(replies).toEqual([]);
      expect((await loadInboxMarks(deps, [botId])).get(botId)).toMatchObject({ mentions: 1 });
      expect(world().bus.on(channels.user(botId))).toEqual([{ type: 'inbox', event: { type: 'mention', roomId, messageId: message!.id } }]);
      // Live and replayed are the same event.
      const events = world()
        .bus.on(channels.roomEvents(roomId))
        .flatMap((sent) => sent.events);
      expect(events).toEqual([{ type: 'message', rev: message!.rev, message }]);
      expect((await loadChanges(deps, roomId, message!.rev - 1, 10)).events).toEqual(events);
    });

    it('go with the text when it is deleted, are not edited, and an ordinary message says nothing of them', async () => {
      const { deps, actor, bots, post } = await roomWith('cal', 'c-ops');
      const access = new RoomAccess(deps);
      await setBotCommands(deps, bots['c-ops'], { commands: [command('deploy')] });
      expect((await post('hello @c-ops')).message).not.toHaveProperty('botCommand');
      const { id } = (await post('/deploy prod')).message!;
      await expect(
        access.runOfMessage(actor, id, 'messages.edit', (message) => editMessage(deps, message, { content: 'never mind' })),
      ).rejects.toMatchObject({ code: 'MESSAGE_NOT_EDITABLE' });
      const deleted = await access.runOfMessage(actor, id, 'messages.delete', (message) => deleteMessage(deps, message));
      expect(deleted).toMatchObject({ content: '', mentions: [] });
      expect(deleted).not.toHaveProperty('botCommand');
    });

    it('that two bots have are refused until the text says whose; one that nobody has names the nearest', async () => {
      const { deps, bots, post } = await roomWith('dan', 'd-ops', 'd-ship');
      await setBotCommands(deps, bots['d-ops'], { commands: [command('deploy'), command('status')] });
      await setBotCommands(deps, bots['d-ship'], { commands: [command('deploy')] });
      await expect(post('/deploy prod')).rejects.toMatchObject({
        code: 'COMMAND_ARGUMENT',
        message: 'Several bots here have /deploy. Write whose you mean: /deploy@d-ops or /deploy@d-ship',
        details: { field: 'content', suggestion: 'deploy@d-ops' },
      });
      const { message } = await post('/deploy@d-ship prod');
      expect(message).toMatchObject({ botCommand: { botId: bots['d-ship'].userId, name: 'deploy', args: 'prod' } });
      expect(message!.mentions).toEqual([bots['d-ship'].userId]);
      await expect(post('/stauts')).rejects.toMatchObject({ code: 'UNKNOWN_COMMAND', details: { suggestion: 'status' } });
      await expect(post('/deploy@dan prod')).rejects.toMatchObject({ code: 'UNKNOWN_COMMAND' });
    });

    it('show in the help of their rooms, as text that forms nothing', async () => {
      const { deps, bots, post } = await roomWith('eli', 'e-ops');
      expect((await post('/help')).privateReply!.content).toBe(helpText());
      await setBotCommands(deps, bots['e-ops'], { commands: [{ name: 'deploy', help: '*now* [x](https://x.example)', arguments: 'env' }] });
      const { content } = (await post('/help')).privateReply!;
      expect(content.startsWith(helpText())).toBe(true);
      expect(content.slice(helpText().length)).toContain('- `/deploy env` — \\*now\\* \\[x\\]');
    });

    it('go when the bot leaves, is closed for a while, or is removed; a repeat of an earlier call is answered as at first', async () => {
      const { deps, actor, bots, post, run, listed } = await roomWith('fox', 'f-ops', 'f-ship');
      for (const bot of Object.values(bots)) await setBotCommands(deps, bot, { commands: [command(`do-${bot.username}`)] });
      const clientId = randomUUID();
      const { message } = await post('/do-f-ops it', clientId);
      await run(bots['f-ops'], (room) => leaveRoom(deps, room), 'rooms.leave');
      expect(await listed()).toEqual(['do-f-ship of f-ship']);
      await expect(post('/do-f-ops it')).rejects.toMatchObject({ code: 'UNKNOWN_COMMAND' });
      expect((await post('/do-f-ops it', clientId)).message).toEqual(message);
      await disableAccount(deps, null, { username: 'f-ship' });
      expect(await listed()).toEqual([]);
      await enableAccount(deps, null, { username: 'f-ship' });
      expect(await listed()).toEqual(['do-f-ship of f-ship']);
      await removeBot({ ...deps, rooms: new RoomAccess(deps) }, actor, 'f-ship');
      expect(await deps.db.botCommands.findMany({ where: { botId: bots['f-ship'].userId } })).toEqual([]);
    });
  });
}
