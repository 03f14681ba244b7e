import { maxMcpServersPerCharacter } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

/** What a worker needs to know to call an MCP server, its secret included. */
export interface ReachableServer {
  id: string;
  name: string;
  url: string | null;
  command: string | null;
  header: { name: string; value: string } | null;
  trusted: boolean;
  /** Of an older version, a connection is not used any more. */
  version: number;
}

/** A server that a character has. `only`: the tools it is given, null for all. */
export type GivenServer = ReachableServer & { only: readonly string[] | null };

const columns = Prisma.sql`s.id, s.name, s.url, s.command, s.trusted, s.version,
  case when s.header_name is not null then json_build_object('name', s.header_name, 'value', s.header_value) end as header`;

/** The MCP servers of a character, the oldest first. For workers, who call them. */
export async function loadGivenServers({ db }: Pick<CoreDeps, 'db'>, characterId: string): Promise<GivenServer[]> {
  return await db.$queryRaw<GivenServer[]>(Prisma.sql`
    select ${columns}, case when a.all_tools then null else a.tools end as only
    from character_mcp_servers a join mcp_servers s on s.id = a.server_id
    where a.character_id = ${characterId}::uuid
    order by s.created_at, s.id limit ${maxMcpServersPerCharacter}::int`);
}

/** An MCP server by its id; null if there is none. */
export async function loadReachableServer({ db }: Pick<CoreDeps, 'db'>, serverId: string): Promise<ReachableServer | null> {
  const [row] = await db.$queryRaw<ReachableServer[]>(Prisma.sql`select ${columns} from mcp_servers s where s.id = ${serverId}::uuid`);
  return row ?? null;
}
