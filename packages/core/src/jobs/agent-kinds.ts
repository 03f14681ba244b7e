import { agentModel } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { JobKind } from './job.js';

/**
 * The two kinds of replies, each with its twin whose text a program outside writes, because the character's model is `agent`. Workers know
 * nothing of the twins, so none claims such a job, whatever its version.
 */
export const agentKinds = { reply: 'agent_reply', private_reply: 'agent_private_reply' } as const;

/** A reply that a worker writes, or an agent. */
export const replyKinds: readonly JobKind[] = ['reply', agentKinds.reply];
/** A private reply that a worker writes, or an agent. */
export const privateReplyKinds: readonly JobKind[] = ['private_reply', agentKinds.private_reply];

/** True of a job that an agent does. */
export function isAgentKind(kind: JobKind): boolean {
  return Object.values<JobKind>(agentKinds).includes(kind);
}

/** The kind of a new reply of this character, an expression: its model decides. @param character its id, in SQL */
export function kindOfReply(kind: keyof typeof agentKinds, character: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`case when (select served.model from characters served where served.id = ${character}) = ${agentModel}::text
    then ${agentKinds[kind]}::text else ${kind}::text end`;
}

/**
 * True if a character `ch` has a reply that is not finished: an expression. Its jobs would be of the wrong kind if an agent began to write
 * them, or no longer did.
 */
export const hasUnfinishedReply = Prisma.sql`exists (
  select 1 from jobs unfinished
  where unfinished.character_id = ch.id and unfinished.state <> 'done'
    and unfinished.kind = any(${[...replyKinds, ...privateReplyKinds]}::text[]))`;
