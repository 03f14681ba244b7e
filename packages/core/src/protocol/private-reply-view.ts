import type { PrivateReply } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { endedCalls } from './ended-calls.js';
import { toIso, type Instant } from './instant.js';

/** A private reply as {@link privateReplyJson} selects it. */
export interface PrivateReplyRow extends Omit<PrivateReply, 'createdAt' | 'error' | 'about' | 'tools'> {
  createdAt: Instant;
  error: PrivateReply['error'] | null;
  about: PrivateReply['about'] | null;
  tools: PrivateReply['tools'] | null;
}

/** The row `alias` of `private_replies` as one JSON value. A queued reply is shown as `streaming`: to its reader both are the same. */
export function privateReplyJson(alias: 'p'): Prisma.Sql {
  const p = Prisma.raw(alias);
  return Prisma.sql`json_build_object('id', ${p}.id, 'roomId', ${p}.room_id, 'attempt', ${p}.attempt, 'content', ${p}.content,
    'status', case ${p}.status when 'queued' then 'streaming' else ${p}.status end, 'createdAt', ${p}.created_at, 'error', ${p}.error, 'tools', ${p}.tools,
    'about', case when ${p}.request is not null then json_build_object('command', ${p}.request -> 'trigger' ->> 'kind',
      'by', (select by_character.name from characters by_character where by_character.id = ${p}.character_id)) end)`;
}

export function privateReplyView({ error, about, tools: stored, createdAt, ...reply }: PrivateReplyRow): PrivateReply {
  const tools = stored && reply.status !== 'streaming' ? endedCalls(stored) : stored;
  return { ...reply, createdAt: toIso(createdAt), ...(about ? { about } : {}), ...(tools ? { tools } : {}), ...(error ? { error } : {}) };
}
