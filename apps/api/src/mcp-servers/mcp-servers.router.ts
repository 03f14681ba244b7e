import {
  attachedMcpServerSchema,
  channels,
  characterIdInput,
  maxMcpServersPerCharacter,
  mcpServerIdInput,
  mcpServersAttachInput,
  mcpServersCreateInput,
  mcpServersListOutput,
  mcpServersUpdateInput,
  mcpServerViewSchema,
  okOutput,
} from '@parley/contracts';
import { attachMcpServers } from '@parley/core/mcp/attach-mcp-servers';
import { keepMcpCheck, removeMcpServer, updateMcpServer } from '@parley/core/mcp/change-mcp-server';
import { createMcpServer } from '@parley/core/mcp/create-mcp-server';
import { listAttachedMcpServers, listMcpServers, loadMcpServer } from '@parley/core/mcp/list-mcp-servers';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

const attached = declared(attachedMcpServerSchema.array().max(maxMcpServersPerCharacter));

/** How long a worker has to say which commands it knows, and to check a server, in milliseconds: longer than it waits for the server. */
const answerMs = { commands: 3_000, check: 20_000 };

export const mcpServersRouter = router({
  list: procedure('mcpServers.list')
    .output(declared(mcpServersListOutput))
    .query(async ({ ctx: { services, actor } }) => {
      const [servers, commands] = await Promise.all([
        listMcpServers(services.core, actor),
        services.core.bus.request(channels.mcpCommands, null, { timeoutMs: answerMs.commands }),
      ]);
      return { servers, commands };
    }),

  create: procedure('mcpServers.create', mcpServersCreateInput)
    .output(declared(mcpServerViewSchema))
    .mutation(({ ctx: { services, actor }, input }) => createMcpServer(services.core, actor, input)),

  update: procedure('mcpServers.update', mcpServersUpdateInput)
    .output(declared(mcpServerViewSchema))
    .mutation(({ ctx: { services, actor }, input }) => updateMcpServer(services.core, actor, input)),

  remove: procedure('mcpServers.remove', mcpServerIdInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx: { services, actor }, input: { serverId } }) => {
      await removeMcpServer(services.core, actor, serverId);
      return { ok: true as const };
    }),

  check: procedure('mcpServers.check', mcpServerIdInput)
    .output(declared(mcpServerViewSchema))
    .mutation(async ({ ctx: { services, actor }, input: { serverId } }) => {
      await loadMcpServer(services.core, serverId);
      const found = await services.core.bus.request(channels.mcpCheck, { serverId }, { timeoutMs: answerMs.check });
      const check = found ?? { problem: 'No worker answered. Is one running?', tools: [] };
      return await keepMcpCheck(services.core, actor, { serverId, ...check });
    }),

  attached: procedure('mcpServers.attached', characterIdInput)
    .output(attached)
    .query(({ ctx: { services }, input: { characterId } }) => listAttachedMcpServers(services.core, characterId)),

  attach: procedure('mcpServers.attach', mcpServersAttachInput)
    .output(attached)
    .mutation(({ ctx: { services, actor }, input }) => attachMcpServers(services.core, actor, input)),
});
