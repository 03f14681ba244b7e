import { createTestDb } from '@parley/db/testing';
import type { Db } from '@parley/db';
import { send } from '../messages/testing-messages.js';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestWorld, RecordingBus, type TestWorld } from '../testing/index.js';
import { ProcessMetrics, sweepNames } from './process-metrics.js';
import { StoreFigures } from './store-figures.js';

describe('what a process shows of itself', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await createTestWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('statements, connections, bus, sweeps, jobs and tables are there, with no label that could grow', async () => {
    const registry = new Registry();
    const metrics = new ProcessMetrics(registry);
    const stop = metrics.watch(world.deps, { connections: () => ({ busy: 2, idle: 3, waiting: 4 }) });
    try {
      metrics.noteStatement({ sql: 'select 1', beganAt: 0, waitedMs: 2, tookMs: 30, failed: false });
      metrics.noteStatement({ sql: 'select 1', beganAt: 0, waitedMs: 0, tookMs: 7, failed: true });
      metrics.swept('spent_rows', 1.5, 12);
      const text = await registry.metrics();
      const lines = text.split('\n');
      expect(lines).toContain('parley_database_statement_seconds_count{outcome="ok"} 1');
      expect(lines).toContain('parley_database_statement_seconds_sum{outcome="error"} 0.007');
      expect(lines).toContain('parley_database_wait_seconds_count 2');
      expect(lines).toContain('parley_database_connections{state="busy"} 2');
      expect(lines).toContain('parley_database_connections{state="idle"} 3');
      expect(lines).toContain('parley_database_waiting 4');
      expect(lines).toContain('parley_bus_connected 1');
      for (const sweep of sweepNames)
        expect(lines).toContain(`parley_sweep_repaired_total{sweep="${sweep}"} ${sweep === 'spent_rows' ? 12 : 0}`);
      expect(lines).toContain('parley_jobs{kind="webhook",state="waiting"} 0');
      expect(text).toMatch(/^parley_table_bytes\{table="messages"\} [1-9]\d+$/m);
      expect(text).not.toContain('select');
    } finally {
      stop();
    }
  });

  test('jobs that wait are counted by kind, one that may begin has an age, and a kind that only newer versions know is “other”', async () => {
    const { deps } = world;
    const before = await new StoreFigures(deps).jobs();
    const { replies } = await send(world, world.owner, '/ask who am I?');
    await deps.db.job.update({ where: { id: replies[0]!.id }, data: { availableAt: new Date(Date.now() - 3_600_000) } });
    const waiting = (figures: typeof before, kind: string) => figures.find((each) => each.kind === kind)!;
    const after = await new StoreFigures(deps).jobs();
    expect(waiting(after, 'reply').waiting).toBe(waiting(before, 'reply').waiting + 1);
    expect(waiting(after, 'reply').oldestSeconds).toBeGreaterThan(3_500);
    await deps.db.job.update({ where: { id: replies[0]!.id }, data: { kind: 'of_tomorrow' } });
    expect(waiting(await new StoreFigures(deps).jobs(), 'other')).toMatchObject({ waiting: 1, running: 0 });
  });
});

test('many scrapes at once, and again soon after, cost one reading', async () => {
  await using database = await createTestDb('pglite');
  let asked = 0;
  const db = new Proxy(database.db, {
    get(target, key) {
      if (key === '$queryRaw') asked++;
      return Reflect.get(target, key) as unknown;
    },
  }) as Db;
  const figures = new StoreFigures({ db }, { jobsMs: 60_000 });
  const all = await Promise.all([figures.jobs(), figures.jobs(), figures.jobs()]);
  await figures.jobs();
  expect(asked).toBe(1);
  expect(all[0]).toEqual(all[2]);
});

test('a database that is silent or away takes its figures from a scrape, not the scrape', async () => {
  const never = { $queryRaw: () => new Promise(() => {}) } as unknown as Db;
  const away = { $queryRaw: () => Promise.reject(new Error('away')) } as unknown as Db;
  expect(await new StoreFigures({ db: never }, { waitMs: 1 }).jobs()).toEqual([]);
  const registry = new Registry();
  const stop = new ProcessMetrics(registry).watch(
    { db: away, bus: new RecordingBus() },
    { connections: () => ({ busy: 0, idle: 0, waiting: 0 }) },
  );
  try {
    const text = await registry.metrics();
    expect(text).toContain('parley_bus_connected 1');
    expect(text).not.toContain('parley_jobs{');
  } finally {
    stop();
  }
});
