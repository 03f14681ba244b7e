import { setTimeout as delay } from 'node:timers/promises';
import { words, type ModelAnswer, type ModelServer } from '@parley/model-server';
import type { Conversation } from './conversation.js';
import { modelFaults } from './faults.js';
import type { Scene } from './scene.js';
import type { Seeded } from './seeded.js';

/** People who write on and on until they are told to stop, and ask in conversations of the chat surface. */
export interface Load {
  /** Sends that wait for their answer. */
  readonly sending: number;
  /** No more is begun; resolves when all that was begun has its answer. */
  stop(): Promise<void>;
}

export function startLoad(scene: Scene, chance: Seeded, chats: readonly Conversation[] = []): Load {
  let stopped = false;
  let sending = 0;
  const writing = scene.people.map(async ({ say, client: { trpc } }, i) => {
    const mine: string[] = [];
    for (let n = 0; !stopped; n++) {
      sending++;
      const asks = n % 20 === (i * 4) % 20;
      const { acknowledged } = await say(scene.roomId, asks ? `/ask ${n} of ${i}` : `message ${n} of ${i}`).finally(() => sending--);
      if (acknowledged) mine.push(acknowledged.messageId);
      // Other things that people do. A call that fails was either done or not done, and both are fine.
      const messageId = mine.length > 0 ? chance.pick(mine) : null;
      if (messageId && chance.random() < 0.2)
        await trpc.messages.react.mutate({ messageId, emoji: '👍', on: chance.random() < 0.6 }).catch(() => {});
      if (messageId && chance.random() < 0.1)
        await trpc.messages.edit.mutate({ messageId, content: `edited ${n} of ${i}` }).catch(() => {});
      await delay(chance.between(50, 250));
    }
  });
  const chatting = chats.map(async ({ ask }) => {
    for (let n = 0; !stopped; n++) {
      await ask(`question ${n}`);
      await delay(chance.between(500, 3_000));
    }
  });
  return {
    get sending() {
      return sending;
    },
    async stop() {
      stopped = true;
      await Promise.all([...writing, ...chatting]);
    },
  };
}

/** A model that mostly answers, at an even pace, and now and then goes wrong in every way it can. */
export function startModel(chance: Seeded): {
  script: Parameters<ModelServer['script']>[0];
  readonly streaming: number;
  readonly wrong: Record<string, number>;
} {
  let streaming = 0;
  const wrong: Record<string, number> = Object.fromEntries(modelFaults.map((fault) => [fault, 0]));
  const text = 'An answer — 🚢 — of a sentence or two, which takes about a second to write, word after word, to its end.';

  function fail(): ModelAnswer {
    const fault = chance.pick(modelFaults);
    wrong[fault]!++;
    switch (fault) {
      case 'status 500':
        return { status: 500 };
      case 'status 429':
        return { status: 429, headers: { 'retry-after': '1' } };
      case 'cut':
        return { steps: [...words('half of it'), { cut: true }] };
      case 'stall':
        return { steps: [...words('half of it'), { stall: true }] };
      case 'malformed':
        return { steps: ['half', { raw: 'data: {"choices": [}\n\n' }] };
    }
  }

  return {
    get streaming() {
      return streaming;
    },
    wrong,
    script(request) {
      if (chance.random() < 0.1) return fail();
      streaming++;
      void request.ended.then(() => streaming--);
      return { steps: words(`${request.index}: ${text}`).flatMap((word) => [word, { waitMs: 50 }]) };
    },
  };
}
