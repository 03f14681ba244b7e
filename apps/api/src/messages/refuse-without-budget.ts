import { checkAiBudget, findPrivateReply, findSentMessage, type AuthorizedRoom, type CoreDeps } from '@parley/core';

/**
 * Refuses a command of someone whose tokens of the day are used up, before it is posted. A repeat of a call that was posted already
 * passes: it asks for nothing more. What only mentions a character is posted all the same, and its reply says why there is none.
 *
 * @throws AppError AI_BUDGET_EXCEEDED with `retryAfterMs`
 */
export async function refuseWithoutBudget(core: CoreDeps, room: AuthorizedRoom, clientId: string, limit: number): Promise<void> {
  const { userId } = room.actor;
  await checkAiBudget(core, userId, limit).catch(async (error: unknown) => {
    if (await findSentMessage(core, room.roomId, userId, clientId)) return;
    if ((await findPrivateReply(core, room.roomId, userId, clientId)) === null) throw error;
  });
}
