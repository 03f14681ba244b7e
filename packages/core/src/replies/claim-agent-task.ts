import { agentModel, replyErrors, type AgentTask } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { andRoomOfKey } from '../access/key-rooms.js';
import type { ReplyTask } from '../jobs/claimed-reply.js';
import type { Claimant } from '../jobs/job.js';
import { loadConversation } from '../memory/load-conversation.js';
import { loadRoomSummary, summaryApart } from '../memory/room-summary.js';
import { loadPromptNotes } from '../notes/prompt-notes.js';
import { buildPrompt, type PromptTurn } from '../prompts/build-prompt.js';
import { promptContextOf } from '../prompts/prompt-context-of.js';
import { taskOf } from '../prompts/task-of.js';
import type { Actor } from '../sessions/actor.js';
import { sessionStands } from '../sessions/standing-session.js';
import { agentPrivateReplyJobs, agentReplyJobs } from './agent-jobs.js';

/** What an agent may ask to be given: a character that {@link servedCharacter} found for it. */
export interface TaskRequest {
  characterId: string;
  claimant: Claimant;
  /** True to look among private answers first; take turns, so that neither kind waits for ever. */
  privateFirst: boolean;
}

/** How many messages are read at most; what does not fit the prompt is left out of it. */
const maxMessages = 2_000;

/**
 * Claims the next answer that a character owes, for a program that writes it, and makes of it what a worker would ask a model. An answer
 * that somebody wants stopped, or that nobody can give any more, is ended here.
 *
 * @returns null if none waits, or the actor's session has ended
 */
export async function claimAgentTask(
  deps: CoreDeps,
  actor: Actor,
  { characterId, claimant, privateFirst }: TaskRequest,
): Promise<AgentTask | null> {
  const which = Prisma.sql`and j.character_id = ${characterId}::uuid ${andRoomOfKey(actor, Prisma.sql`j.room_id`)} and ${sessionStands(actor)}`;
  const lives = privateFirst ? [agentPrivateReplyJobs, agentReplyJobs] : [agentReplyJobs, agentPrivateReplyJobs];
  for (const life of lives) {
    for (;;) {
      const claim = await life.claimWhere(deps, claimant, which);
      if (!claim) break;
      if (claim.stopRequested) {
        const stopped = { status: 'stopped' as const, content: '', model: agentModel, usage: null, error: null, stoppedBy: null };
        await life.end(deps, claim, stopped);
        continue;
      }
      if (claim.character.providers && !claim.character.providers.includes(agentModel)) {
        const error = { code: 'PROVIDER_NOT_ALLOWED', message: replyErrors.PROVIDER_NOT_ALLOWED };
        await life.end(deps, claim, { status: 'failed', content: '', model: agentModel, usage: null, error, stoppedBy: null });
        continue;
      }
      try {
        return await taskOfClaim(deps, claim, claimant);
      } catch (error) {
        // Nobody was given it: the next who asks is. A try counts, so that a task which nobody can be given ends.
        await life.retry(deps, claim, 1_000);
        throw error;
      }
    }
  }
  return null;
}

async function taskOfClaim(deps: Pick<CoreDeps, 'db'>, claimed: ReplyTask, { leaseMs }: Claimant): Promise<AgentTask> {
  const { request, askedBy } = claimed;
  const scope = request.scope ?? taskOf(request.trigger.kind).messages ?? null;
  const claim = { ...claimed, request: { ...request, scope } };
  // A summary is there if the character had a model before. It stands for what was said up to it, unless the request says what to read.
  const summary = scope === null || scope.kind === 'recent' ? summaryApart(claim, (await loadRoomSummary(deps, claim)).summary) : null;
  const conversation = await loadConversation(deps, claim, { limit: maxMessages, scope, afterSeq: summary?.upToSeq ?? 0 });
  const notes = await loadPromptNotes(deps, claim);
  const { turns: prompt } = buildPrompt(promptContextOf(claim, conversation, summary?.text ?? null, [], notes), { cited: false });
  return {
    taskId: claim.id,
    attempt: claim.attempt,
    leaseMs,
    roomId: claim.roomId,
    messageId: claim.id,
    prompt: prompt.flatMap((turn) => (turn.role === 'system' ? [turn.content] : [])).join('\n\n'),
    messages: prompt.flatMap(messageOf),
    askedBy: { name: askedBy.name, handle: askedBy.handle },
    trigger: { ...request.trigger, question: request.question, ...(request.data && { data: request.data }) },
    private: claim.onlyForAsker ?? false,
    stopRequested: false,
  };
}

function messageOf(turn: PromptTurn): AgentTask['messages'] {
  if (turn.role === 'system') return [];
  return [{ role: turn.role, content: turn.content.map(({ text }) => text).join('') }];
}
