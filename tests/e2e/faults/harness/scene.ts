import { History } from './history.js';
import { patiently, talker, type Reader, type Talker } from './people.js';
import { settleAndCheck, until, type SettleOptions } from './settle.js';
import type { RoomTruth } from './checker.js';
import type { World } from './world.js';

/** A room with people in it, all of whom read it twice: with the product's client, and raw. */
export interface Scene extends AsyncDisposable {
  history: History;
  roomId: string;
  people: Talker[];
  readers: Reader[];
  /** Waits until all have the same, and checks everything recorded. Asks the API of the first person. */
  settle(options?: Partial<SettleOptions>): Promise<RoomTruth>;
}

export interface SceneOptions {
  /** The usernames are this with a number. */
  name: string;
  /** Where each person connects to; the first person owns the room. */
  urls: string[];
  /** See {@link TalkerOptions.hasty}. */
  hasty?: boolean;
}

/** Everyone has an account, is in the room and reads it when this resolves. */
export async function startScene(world: World, { name, urls, hasty = true }: SceneOptions): Promise<Scene> {
  const history = new History();
  const people: Talker[] = [];
  for (const [index, url] of urls.entries())
    people.push(await talker(`${name}-${index + 1}`, { url, history, chance: world.chance, hasty }));
  const [owner] = people;
  const { id: roomId } = await patiently(() => owner!.client.trpc.rooms.create.mutate({ name }));
  for (const { client } of people.slice(1)) await patiently(() => client.trpc.rooms.join.mutate({ roomId }));
  const readers = people.flatMap((person, index) => [person.open(roomId), person.readRaw(roomId, urls[index]!)]);
  await until('everyone reads', () => readers.every(({ record }) => record.seen.some(({ event }) => event.type === 'hello')));
  return {
    history,
    roomId,
    people,
    readers,
    settle: (options = {}) => settleAndCheck({ database: world.database, trpc: owner!.client.trpc, history, roomId, readers, ...options }),
    async [Symbol.asyncDispose]() {
      await Promise.all(people.map((person) => person[Symbol.asyncDispose]()));
    },
  };
}

/** Whether every reader has at least this much of some reply. */
export function allHaveText(readers: readonly Reader[], units: number): boolean {
  return readers.every(({ record }) =>
    record.seen.some(({ event }) => event.type === 'delta' && (record.textOf(event.messageId)?.text.length ?? 0) >= units),
  );
}
