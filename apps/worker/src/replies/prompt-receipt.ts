import type { ReplyTask } from '@parley/core/jobs/claimed-reply';
import { promptVersion } from '@parley/core/prompts/build-prompt';
import type { PromptContext, PromptNote } from '@parley/core/prompts/prompt-context';
import type { ReceiptPrompt } from '@parley/core/protocol/receipt';

/** What a receipt says of a prompt, but for what depends on whether it is the built-in model's. */
export function receiptOf(
  { character, wish }: ReplyTask,
  context: PromptContext,
  { maxPromptTokens }: { maxPromptTokens: number },
  seqs: number[],
  notes: readonly PromptNote[],
): Omit<ReceiptPrompt, 'hash' | 'nonce' | 'leftOut' | 'tokens'> {
  return {
    version: promptVersion,
    maxTokens: maxPromptTokens,
    character: context.character,
    addressee: context.addressee,
    askedAt: context.askedAt,
    asked: context.task.question !== null,
    seqs,
    ...(notes.length > 0 && { notes: notes.map(({ id }) => id) }),
    fromSeq: character.joinedSeq,
    ...(context.tools ? { tools: context.tools } : {}),
    ...(wish && { wish: { by: wish.by, instruction: wish.instruction, of: wish.of, before: wish.before !== null } }),
  };
}
