import { afterAll, beforeAll } from 'vitest';
import { createTestApi, type TestApi } from './test-api.js';

/**
 * One API for the tests of the surrounding `describe`. Each test uses people and rooms of its own, so that tests do not disturb each
 * other.
 */
export function sharedApi(kind: 'pglite' | 'postgres', variables: Record<string, string> = {}): () => TestApi {
  let world: TestApi | undefined;
  beforeAll(async () => {
    world = await createTestApi(variables, kind);
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
  });
  return () => {
    if (!world) throw new Error('the API exists only while tests run');
    return world;
  };
}
