import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { callFailure } from '@parley/client/trpc';
import type { ToolAnswer, WaitingCall } from '@parley/contracts';
import type { DbHandle } from '@parley/db';
import { bookingIn, type AiRecord } from './ai-record.js';
import { patiently, type Talker } from './people.js';
import type { Scene } from './scene.js';
import type { Seeded } from './seeded.js';
import { until } from './settle.js';

/** Gives a character the tools of an MCP server. */
export async function attachServer({ db }: DbHandle, handle: string, url: string): Promise<void> {
  const { id: characterId } = await db.character.findUniqueOrThrow({ where: { handle } });
  const serverId = randomUUID();
  await db.mcpServer.create({ data: { id: serverId, name: 'Train', nameKey: 'train', url } });
  await db.characterMcpServer.create({ data: { characterId, serverId } });
}

/** People who are asked whether a tool may change something. */
export interface Allowing {
  /** What they said, how often. */
  readonly done: Record<'once' | 'always' | 'deny' | 'at once' | 'never' | 'stop' | 'forbid', number>;
  /** Answers or stops all that waits, and all that comes to wait; resolves when no job of the room is left. */
  stop(): Promise<void>;
}

/**
 * Has everyone in a room answer the calls that wait for them: this one, always, or no; now and then yes and no at once; now and then not at
 * all, until {@link Allowing.stop}. What was allowed always is taken back again. All of it is recorded.
 */
export function startAllowing(
  { history, roomId, people }: Pick<Scene, 'history' | 'roomId' | 'people'>,
  { db }: DbHandle,
  chance: Seeded,
  record: AiRecord,
): Allowing {
  const done: Allowing['done'] = { once: 0, always: 0, deny: 0, 'at once': 0, never: 0, stop: 0, forbid: 0 };
  const seen = new Set<string>();
  let over = false;

  async function answer(person: Talker, messageId: string, { callId, attempt, args }: WaitingCall, said: ToolAnswer): Promise<void> {
    const booking = bookingIn(args);
    const own = {
      roomId,
      by: person.id,
      booking,
      answer: said,
      begunAt: performance.now(),
      endedAt: Infinity,
      refused: null as string | null,
    };
    record.answered.push(own);
    try {
      own.refused = await patiently(() =>
        person.client.trpc.replies.allow.mutate({ messageId, callId, attempt, answer: said }).then(
          () => null,
          // Something else was said first, and stays. A client tries this code again, as in other calls it may pass.
          (error: unknown) => {
            if (callFailure(error).code === 'CONFLICT') return 'CONFLICT';
            throw error;
          },
        ),
      );
      if (own.refused !== null) return;
      own.endedAt = performance.now();
      done[said]++;
    } catch (error) {
      own.refused = callFailure(error).code;
    }
  }

  async function decide(person: Talker, messageId: string, call: WaitingCall): Promise<void> {
    const what = chance.random();
    if (!over && what < 0.2) {
      done.never++;
    } else if (what < 0.3) {
      done['at once']++;
      await Promise.all((['once', 'deny'] as const).map((said) => answer(person, messageId, call, said)));
    } else {
      await answer(person, messageId, call, what < 0.65 ? 'once' : what < 0.8 ? 'always' : 'deny');
    }
  }

  /** Answers what waits for somebody, each call once; and at the end those that were left. */
  async function attend(person: Talker): Promise<void> {
    const { trpc } = person.client;
    for (const messageId of waitingFor(person)) {
      const calls = (await trpc.replies.calls.query({ messageId }).catch(() => null)) ?? [];
      for (const call of calls) {
        const key = `${messageId} ${call.attempt}/${call.callId}`;
        if (call.answer !== null || (seen.has(key) && !over)) continue;
        // Most think about it for a second or so, in which processes come and go.
        if (!over && chance.random() < 0.7) continue;
        if (seen.has(key) && chance.random() < 0.5) {
          if (await trpc.replies.stop.mutate({ messageId }).catch(() => null)) done.stop++;
          break;
        }
        seen.add(key);
        await decide(person, messageId, call);
      }
    }
  }

  function waitingFor({ id }: Talker): string[] {
    const reader = history.readers.find((each) => each.roomId === roomId);
    return [...(reader?.messages.values() ?? [])]
      .filter(({ reply }) => reply?.tools?.some(({ state, waitsFor }) => state === 'waiting' && waitsFor === id))
      .map(({ id: messageId }) => messageId);
  }

  async function forbid({ id: by, client: { trpc } }: Talker): Promise<void> {
    // An answer of before is in the list.
    const begunAt = performance.now();
    const all = (await trpc.replies.permissions.query().catch(() => null)) ?? [];
    const own = all.find(({ room }) => room.id === roomId);
    if (!own) return;
    const gone = await trpc.replies.forbid.mutate({ id: own.id }).then(
      () => true,
      () => false,
    );
    if (!gone) return;
    record.forbidden.push({ roomId, by, begunAt, endedAt: performance.now() });
    done.forbid++;
  }

  const attending = people.map(async (person) => {
    while (!over) {
      await attend(person);
      if (chance.random() < 0.05) await forbid(person);
      await delay(chance.between(100, 500));
    }
  });
  return {
    done,
    async stop() {
      over = true;
      await Promise.all(attending);
      await until('no job of the room is left', async () => {
        await Promise.all(people.map(attend));
        return (await db.job.count({ where: { roomId, state: { not: 'done' } } })) === 0;
      });
    },
  };
}
