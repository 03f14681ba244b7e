import { History, type RoomTruth } from './history.js';
import { patiently, talker, type Talker } from './people.js';
import { surfaces } from './other-readers.js';
import type { Reader } from './reader.js';
import { settleAndCheck, until, type SettleOptions } from './settle.js';
import type { World } from './world.js';

/**
 * A room with people in it, all of whom read it twice: with the product's client, and by a surface with nothing of ours in between. Each
 * surface has a reader; where there are fewer people than surfaces, some read by several.
 */
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
  // Which surface comes first, and so which readers are at which API, is another matter of chance.
  const turn = world.chance.between(0, surfaces.length - 1);
  const bare = Array.from({ length: Math.max(people.length, surfaces.length) }, (_, index) => {
    const at = index % people.length;
    return people[at]!.readBy(surfaces[(turn + index) % surfaces.length]!, roomId, urls[at]!);
  });
  const readers = [...people.map((person) => person.open(roomId)), ...bare];
  await until('everyone reads', () => readers.every((reader) => reader.connections() > 0));
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
  return readers.every((reader) => [...reader.texts()].some(({ text }) => text.length >= units));
}
