import { channels } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import type { ClaimedReply } from '@parley/core/jobs/claimed-reply';
import { replyJobs, type ReplyEnd } from '@parley/core/replies/reply-sink';

/** A worker that writes an answer as a test says. */
export interface ScriptedAnswer {
  readonly claim: ClaimedReply;
  /** Sends the next piece of the text. */
  write(text: string): Promise<void>;
  /** Sends a piece of the text from any place in it. */
  piece(offset: number, text: string): Promise<void>;
  /** Ends the answer with what was written, unless told otherwise. */
  end(end?: Partial<ReplyEnd>): Promise<void>;
  /** Dies: its lease lapses, and another may claim the answer. */
  die(): Promise<void>;
}

/** Claims an answer as a worker does, and answers whoever asks for its text. */
export async function scriptedAnswer(core: CoreDeps, messageId: string): Promise<ScriptedAnswer> {
  const claim = await replyJobs.claim(core, messageId, { id: 'a worker of the test', leaseMs: 600_000 });
  if (!claim) throw new Error(`the answer ${messageId} could not be claimed`);
  const { roomId, attempt } = claim;
  let text = '';
  const answering = await core.bus.respond(channels.replySnapshot(messageId, attempt), () => ({ messageId, attempt, text }));
  const piece = async (offset: number, more: string) => {
    await core.bus.publish(channels.roomDeltas(roomId), { deltas: [{ messageId, attempt, offset, text: more }] });
  };
  return {
    claim,
    piece,
    async write(more) {
      const offset = text.length;
      text += more;
      await piece(offset, more);
    },
    async end(end = {}) {
      answering.unsubscribe();
      const usage = { inputTokens: 100, outputTokens: 11 };
      await replyJobs.end(core, claim, {
        status: 'complete',
        content: text,
        model: 'test:model',
        usage,
        error: null,
        stoppedBy: null,
        ...end,
      });
    },
    async die() {
      answering.unsubscribe();
      await core.db.$executeRaw`update jobs set lease_until = now() - interval '1 millisecond' where id = ${messageId}::uuid`;
    },
  };
}
