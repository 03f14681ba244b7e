import { afterAll, beforeAll } from 'vitest';
import { createTestWorld, type TestWorld } from './test-world.js';

/** Makes one world for the tests of the surrounding `describe`. The tests keep apart by using people and rooms of their own. */
export function sharedWorld(kind: 'pglite' | 'postgres'): () => TestWorld {
  let world: TestWorld | undefined;
  beforeAll(async () => {
    world = await createTestWorld(kind);
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
  });
  return () => {
    if (!world) throw new Error('the world exists only while tests run');
    return world;
  };
}
