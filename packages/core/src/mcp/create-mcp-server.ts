import { AppError, foldText, maxMcpServers, type McpServerView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { adminOfMcp, refuseOthers, whoActs } from './admin-of-mcp.js';
import { loadMcpServer } from './list-mcp-servers.js';

export interface McpServerInput {
  name: string;
  /** Of `url` and `command`, one is given. */
  url?: string | undefined;
  command?: string | undefined;
  header?: { name: string; value: string } | undefined;
  trusted: boolean;
}

/**
 * Adds an MCP server. No character has it yet.
 *
 * @throws AppError VALIDATION for both an address and a command, for neither, and for a command with a header; USERNAME_TAKEN; RATE_LIMITED for one too many; FORBIDDEN, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function createMcpServer(deps: Pick<CoreDeps, 'db' | 'log'>, actor: Actor, input: McpServerInput): Promise<McpServerView> {
  ensureOneWay(input);
  const id = uuidv7();
  const { name, url = null, command = null, header, trusted } = input;
  const [row] = await deps.db.$queryRaw<{ active: boolean; may: boolean; full: boolean; made: boolean }[]>(Prisma.sql`
    with ${adminOfMcp(actor, 'mcpServers.create')},
    held as (select count(*) >= ${maxMcpServers}::int as full from mcp_servers),
    made as (
      insert into mcp_servers (id, name, name_key, url, command, header_name, header_value, trusted)
      select ${id}::uuid, ${name}::text, ${foldText(name)}::text, ${url}::text, ${command}::text, ${header?.name ?? null}::text,
        ${header?.value ?? null}::text, ${trusted}::boolean
      from admin cross join held where not held.full
      on conflict (name_key) do nothing
      returning id
    ),
    audited as (${auditEntries(
      {
        event: 'mcp.added',
        by: actor,
        subject: { kind: 'mcp', id, name },
        detail: {
          command: command ?? undefined,
          host: url === null ? undefined : new URL(url).host,
          trusted,
          secret: header !== undefined,
        },
      },
      Prisma.sql`made`,
    )})
    select ${whoActs}, (select held.full from held) as full, exists (select 1 from made) as made`);
  await refuseOthers(deps, actor, row!);
  if (row!.full)
    throw new AppError('RATE_LIMITED', `There are ${maxMcpServers} MCP servers at most. Remove one that is not needed any more.`);
  if (!row!.made) throw nameTaken();
  noteSecurity(deps.log, 'MCP server added', { userId: actor.userId, serverId: id });
  return await loadMcpServer(deps, id);
}

function ensureOneWay({ url, command, header }: McpServerInput): void {
  if ((url === undefined) === (command === undefined))
    throw new AppError('VALIDATION', 'Give the url of a server, or a command that this server lists.', { field: 'url' });
  if (command !== undefined && header !== undefined)
    throw new AppError('VALIDATION', 'Only a server with a url is sent a header.', { field: 'header' });
}

export function nameTaken(): AppError {
  return new AppError('USERNAME_TAKEN', 'Another MCP server has that name. Choose another.', { field: 'name' });
}
