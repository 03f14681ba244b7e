import { randomUUID } from 'node:crypto';
import { channels, type InboxEvent } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { Collected } from '../../../../tests/e2e/harness/collected.js';
import { createTestApi } from '../testing/test-api.js';

describe('characters and direct rooms, over HTTP and a WebSocket', () => {
  test('a direct room appears with both, titled by the other side; a character’s is titled by it', async () => {
    await using world = await createTestApi();
    // The first account would be an admin, who may see and change every character.
    await world.register('admin');
    const [olga, pete] = [await world.register('olga'), await world.register('pete')];
    const inbox = new Collected<InboxEvent>();
    world.socket(pete.accessToken).trpc.inbox.events.subscribe({}, { onData: (event) => inbox.push(event) });
    await inbox.until((items) => items.some(({ type }) => type === 'snapshot'));
    const room = await olga.http.rooms.direct.mutate({ username: 'Pete' });
    await inbox.until((items) => items.some((event) => event.type === 'room' && event.room.id === room.id));
    expect(inbox.items.find((event) => event.type === 'room')).toMatchObject({ mine: { direct: { type: 'user', name: 'olga' } } });

    const { character } = await pete.http.characters.create.mutate({
      handle: 'sage',
      name: 'Sage',
      systemPrompt: 'Be wise.',
      greeting: 'Hello.',
    });
    const own = await olga.http.rooms.direct.mutate({ characterId: character.id });
    expect((await olga.http.rooms.get.query({ roomId: own.id })).mine.direct).toMatchObject({ type: 'character', name: 'Sage' });
    const { message, replies } = await olga.http.messages.send.mutate({
      roomId: own.id,
      clientId: randomUUID(),
      content: 'And you?',
    });
    expect(message).toMatchObject({ seq: 2 });
    expect(replies).toMatchObject([{ author: { id: character.id }, reply: { trigger: { kind: 'always' } } }]);
    expect((await olga.http.characters.get.query({ characterId: character.id })).settings).toBeNull();
    await pete.http.characters.update.mutate({ characterId: character.id, name: 'Sibyl' });
    expect((await olga.http.rooms.list.query({ scope: 'joined' })).map((entry) => 'mine' in entry && entry.mine.direct?.name)).toContain(
      'Sibyl',
    );
    await expect(olga.http.characters.delete.mutate({ characterId: character.id })).rejects.toMatchObject({
      data: { appCode: 'FORBIDDEN' },
    });
    await pete.http.characters.delete.mutate({ characterId: character.id });
    const listed = await olga.http.characters.list.query();
    expect(listed.map((entry) => entry.character.handle)).toEqual(['ada', 'lin', 'socrates']);
  });

  test('a character’s model is one that the server allows, when it is made and when it is changed', async () => {
    await using world = await createTestApi({ MODELS_ALLOWED: 'openai:gpt-5.4-mini, google:*' });
    const olga = await world.register('olga');
    const make = (handle: string, model?: string | null) =>
      olga.http.characters.create.mutate({ handle, name: 'Sage', systemPrompt: 'Be wise.', ...(model === undefined ? {} : { model }) });
    const refused = { data: { appCode: 'VALIDATION', field: 'model' } };
    for (const model of ['openai:gpt-dear', 'anthropic:claude-x', 'google:../../../admin/x'])
      await expect(make('dear', model)).rejects.toMatchObject(refused);
    await expect(make('dear', 'openai:gpt-dear')).rejects.toThrow(
      'This server does not allow the model “openai:gpt-dear”. Choose one of: openai:gpt-5.4-mini, google:*, built-in:extractive.',
    );
    await using plain = await createTestApi({ DEFAULT_MODEL: 'built-in:extractive' });
    const pia = await plain.register('pia');
    await expect(
      pia.http.characters.create.mutate({ handle: 'dear', name: 'Sage', systemPrompt: 'Be wise.', model: 'openai:gpt-dear' }),
    ).rejects.toThrow('This server does not allow the model “openai:gpt-dear”. Choose one of: built-in:extractive.');
    for (const [handle, model] of [
      ['sage-1', 'openai:gpt-5.4-mini'],
      ['sage-2', 'google:gemini-x'],
      ['sage-3', 'built-in:extractive'],
      ['sage-4', null],
    ] as const) {
      expect((await make(handle, model)).character.model).toBe(model);
    }
    const { character } = await make('sage-5');
    const change = (model: string | null) => olga.http.characters.update.mutate({ characterId: character.id, model });
    await expect(change('openai:gpt-dear')).rejects.toMatchObject(refused);
    expect((await change('google:gemini-x')).character.model).toBe('google:gemini-x');
    expect((await olga.http.characters.update.mutate({ characterId: character.id, tagline: 'Wise' })).character.model).toBe(
      'google:gemini-x',
    );
    expect((await change(null)).character.model).toBeNull();
  });

  test('the models that there are, as a worker knows them; without one, what the API was told', async () => {
    await using world = await createTestApi({ MODELS_ALLOWED: 'openai:gpt-5.4-mini, google:*' });
    const olga = await world.register('olga');
    expect(await olga.http.models.list.query()).toEqual({
      defaultModel: null,
      allowed: ['openai:gpt-5.4-mini', 'google:*'],
      providers: [],
    });
    const listed = {
      defaultModel: 'openai:gpt-5.4-mini',
      allowed: ['google:*'],
      providers: [{ name: 'google', models: ['google:gemini-x'], problem: null }],
    };
    const worker = await world.bus.respond(channels.modelLists, () => listed);
    expect(await olga.http.models.list.query()).toEqual(listed);
    worker.unsubscribe();
  });

  test('an API that is told of no model leaves the choice to the workers, but takes no path for one', async () => {
    await using world = await createTestApi();
    const olga = await world.register('olga');
    const make = (handle: string, model: string) =>
      olga.http.characters.create.mutate({ handle, name: 'Sage', systemPrompt: 'Be wise.', model });
    expect((await make('sage', 'anthropic:claude-x')).character.model).toBe('anthropic:claude-x');
    await expect(make('path', 'google:../../../admin/x')).rejects.toMatchObject({ data: { appCode: 'VALIDATION', field: 'model' } });
  });

  test('a character in a room answers by how it was added, until it is removed', async () => {
    await using world = await createTestApi();
    const olga = await world.register('olga');
    const { id: roomId } = await olga.http.rooms.create.mutate({ name: 'Harbour' });
    const socrates = (await olga.http.characters.list.query()).find(({ character }) => character.handle === 'socrates')!.character;
    const send = (content: string) => olga.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
    const added = await olga.http.rooms.addCharacter.mutate({ roomId, characterId: socrates.id });
    expect(added).toMatchObject({ character: socrates, autoReply: 'mention' });
    expect((await send('nobody asked')).replies).toEqual([]);
    expect((await send('@socrates, is it so?')).replies).toHaveLength(1);
    await olga.http.rooms.addCharacter.mutate({ roomId, characterId: socrates.id, autoReply: 'always' });
    expect((await send('now every message')).replies).toHaveLength(1);
    await olga.http.rooms.removeCharacter.mutate({ roomId, characterId: socrates.id });
    expect((await send('@socrates?')).replies).toEqual([]);
  });
});
