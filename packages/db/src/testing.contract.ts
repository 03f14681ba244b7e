import { describe, expect, test } from 'vitest';
import { createTestDb } from './testing.js';

export function testingSuite(kind: 'pglite' | 'postgres'): void {
  describe(`test databases on ${kind}`, () => {
    test('each is migrated, empty and of its own, also several made at once', async () => {
      const handles = await Promise.all([createTestDb(kind), createTestDb(kind)]);
      await handles[0].db.handle.create({ data: { handle: 'mine' } });
      expect(await handles[1].db.handle.findMany()).toEqual([]);
      await using third = await createTestDb(kind);
      expect(await third.db.handle.count()).toBe(0);
      expect(third.kind).toBe(kind);
      for (const handle of handles) await handle.close();
    });
  });
}
