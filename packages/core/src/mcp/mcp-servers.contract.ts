import { Prisma } from '@parley/db';
import { beforeEach, describe, expect, it } from 'vitest';
import { placeCharacter, type TestUser } from '../testing/index.js';
import { sharedWorld } from '../testing/shared-world.js';
import { attachMcpServers } from './attach-mcp-servers.js';
import { keepMcpCheck, removeMcpServer, updateMcpServer } from './change-mcp-server.js';
import { createMcpServer } from './create-mcp-server.js';
import { listAttachedMcpServers, listMcpServers, loadMcpServer } from './list-mcp-servers.js';
import { loadGivenServers } from './reachable-servers.js';

const url = 'https://wiki.example/mcp';
const header = { name: 'Authorization', value: 'Bearer s3cret' };

/** MCP servers, and who has them. */
export function mcpServersSuite(kind: 'pglite' | 'postgres'): void {
  describe(`MCP servers (${kind})`, () => {
    const world = sharedWorld(kind);
    let admin: TestUser;
    let characterId: string;
    let made = 0;
    beforeEach(async () => {
      admin = world().owner;
      characterId = await placeCharacter(world().deps, world().room.id, { handle: `has-tools-${++made}` });
      for (const { id } of await listMcpServers(world().deps, admin.actor)) await removeMcpServer(world().deps, admin.actor, id);
    });
    const create = (changes: Partial<Parameters<typeof createMcpServer>[2]> = {}) =>
      createMcpServer(world().deps, admin.actor, { name: 'Wiki', url, trusted: false, ...changes });

    it('keeps the secret for those who call it, and shows it to nobody', async () => {
      const server = await create({ header });
      expect(server).toEqual({
        id: expect.any(String),
        name: 'Wiki',
        url,
        command: null,
        headerName: 'Authorization',
        trusted: false,
        createdAt: expect.any(String),
        checkedAt: null,
        problem: null,
        tools: [],
        characters: 0,
      });
      expect(JSON.stringify(await listMcpServers(world().deps, admin.actor))).not.toContain('s3cret');
      await attachMcpServers(world().deps, admin.actor, { characterId, servers: [{ serverId: server.id, tools: ['look'] }] });
      expect(await loadGivenServers(world().deps, characterId)).toEqual([
        { id: server.id, name: 'Wiki', url, command: null, header, trusted: false, version: 1, only: ['look'] },
      ]);
      expect(await listAttachedMcpServers(world().deps, characterId)).toEqual([{ serverId: server.id, name: 'Wiki', tools: ['look'] }]);
      expect((await loadMcpServer(world().deps, server.id)).characters).toBe(1);
    });

    it('sends a secret to no other host than the one it was given for', async () => {
      const server = await create({ header });
      const change = (more: object) => updateMcpServer(world().deps, admin.actor, { serverId: server.id, ...more });
      await expect(change({ url: 'https://evil.example/mcp' })).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'header' } });
      expect(await change({ url: 'https://wiki.example/other', trusted: true })).toMatchObject({
        headerName: 'Authorization',
        trusted: true,
      });
      expect(await change({ url: 'https://moved.example/mcp', header: null })).toMatchObject({ headerName: null });
      const [{ version, header: left }] = await world().deps.db.$queryRaw<[{ version: number; header: string | null }]>(
        Prisma.sql`select version, header_value as header from mcp_servers where id = ${server.id}::uuid`,
      );
      expect({ version, left }).toEqual({ version: 3, left: null });
    });

    it('is an address or a command, and has a name of its own', async () => {
      await expect(create({ url: undefined })).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'url' } });
      await expect(create({ command: 'files' })).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'url' } });
      await expect(create({ url: undefined, command: 'files', header })).rejects.toMatchObject({ details: { field: 'header' } });
      const command = await create({ name: 'Files', url: undefined, command: 'files' });
      await expect(updateMcpServer(world().deps, admin.actor, { serverId: command.id, url })).rejects.toMatchObject({ code: 'VALIDATION' });
      await expect(create({ name: 'FILES' })).rejects.toMatchObject({ code: 'USERNAME_TAKEN', details: { field: 'name' } });
      const wiki = await create();
      await expect(updateMcpServer(world().deps, admin.actor, { serverId: wiki.id, name: 'files' })).rejects.toMatchObject({
        code: 'USERNAME_TAKEN',
      });
      expect(await updateMcpServer(world().deps, admin.actor, { serverId: wiki.id, name: 'WIKI' })).toMatchObject({ name: 'WIKI' });
    });

    it('is known by what it offered last, also while it is away', async () => {
      const { id: serverId } = await create();
      const tools = [{ name: 'look', description: 'Looks.', readOnly: true }];
      expect(await keepMcpCheck(world().deps, admin.actor, { serverId, problem: null, tools })).toMatchObject({ tools, problem: null });
      expect(await keepMcpCheck(world().deps, admin.actor, { serverId, problem: 'Away.', tools: [] })).toMatchObject({
        tools,
        problem: 'Away.',
      });
    });

    it('goes from all characters when it is removed, and a character is given all or nothing of what is asked', async () => {
      const [one, two] = [await create(), await create({ name: 'Other' })];
      const attach = (...ids: string[]) =>
        attachMcpServers(world().deps, admin.actor, { characterId, servers: ids.map((serverId) => ({ serverId, tools: null })) });
      expect((await attach(one.id, two.id)).map(({ name }) => name)).toEqual(['Wiki', 'Other']);
      await removeMcpServer(world().deps, admin.actor, one.id);
      expect((await listAttachedMcpServers(world().deps, characterId)).map(({ name }) => name)).toEqual(['Other']);
      await expect(attach(one.id)).rejects.toMatchObject({ code: 'MCP_SERVER_NOT_FOUND' });
      expect(await listAttachedMcpServers(world().deps, characterId)).toHaveLength(1);
      expect(await attach()).toEqual([]);
      await expect(removeMcpServer(world().deps, admin.actor, one.id)).rejects.toMatchObject({ code: 'MCP_SERVER_NOT_FOUND' });
    });

    it('is for admins alone, by their rights of now', async () => {
      const person = await world().register(`plain-${made}`);
      const server = await create();
      const acts = [
        () => createMcpServer(world().deps, person.actor, { name: 'Mine', url, trusted: true }),
        () => updateMcpServer(world().deps, person.actor, { serverId: server.id, trusted: true }),
        () => removeMcpServer(world().deps, person.actor, server.id),
        () => keepMcpCheck(world().deps, person.actor, { serverId: server.id, problem: null, tools: [] }),
        () => attachMcpServers(world().deps, person.actor, { characterId, servers: [{ serverId: server.id, tools: null }] }),
      ];
      for (const act of acts) await expect(act()).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(await listMcpServers(world().deps, admin.actor)).toEqual([server]);
      expect(await listAttachedMcpServers(world().deps, characterId)).toEqual([]);
    });
  });
}
