import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from './lib/paths.mjs';

/** Each case is a file of its own in a tree like ours: `[path, source, rule expected to fire or null]`. */
const imports = 'parley(imports)';
const environment = 'parley(environment)';
const tables = 'parley(tables)';
const shape = 'parley(shape)';
const rights = 'parley(rights)';
const cycle = 'import(no-cycle)';

/** @type {Record<string, [path: string, source: string, rule: string | null][]>} */
const cases = {
  'contracts imports nothing of ours': [
    ['packages/contracts/src/a.ts', `import { db } from '@parley/db';`, imports],
    ['packages/contracts/src/b.ts', `import type { Core } from '@parley/core';`, imports],
    ['packages/contracts/src/c.ts', `import { z } from 'zod';`, null],
  ],
  'db, bus and presence import only contracts': [
    ['packages/db/src/a.ts', `import { x } from '@parley/contracts';`, null],
    ['packages/db/src/b.ts', `import { x } from '@parley/core';`, imports],
    ['packages/bus/src/a.ts', `import { x } from '@parley/contracts';`, null],
    ['packages/bus/src/b.ts', `import type { X } from '@parley/db';`, imports],
    ['packages/presence/src/a.ts', `export * from '@parley/contracts';`, null],
    ['packages/presence/src/b.ts', `export * from '@parley/bus';`, imports],
  ],
  'the model server imports nothing of ours, and only tests import it': [
    ['packages/model-server/src/a.ts', `import { x } from '@parley/contracts';`, imports],
    ['apps/worker/src/models/server.ts', `import { x } from '@parley/model-server';`, imports],
    ['apps/worker/src/models/server.test.ts', `import { x } from '@parley/model-server';`, null],
    ['tests/e2e/server.test.ts', `import { x } from '@parley/model-server';`, null],
  ],
  'core imports contracts, db and the interface of bus': [
    ['packages/core/src/rooms/a.ts', `import { x } from '@parley/contracts';`, null],
    ['packages/core/src/rooms/b.ts', `import { Prisma } from '@parley/db';`, null],
    ['packages/core/src/rooms/c.ts', `import type { Bus } from '@parley/bus';`, null],
    ['packages/core/src/rooms/d.ts', `import { inCall } from '@parley/bus';`, null],
    ['packages/core/src/rooms/e.ts', `import type { Presence } from '@parley/presence';`, imports],
    ['packages/core/src/rooms/f.ts', `import { x } from '@parley/api';`, imports],
  ],
  'core has one inner direction: protocol < sessions < … < messages < replies < sync < export': [
    ['packages/core/src/sessions/up.ts', `import { x } from '../rooms/x.js';`, imports],
    ['packages/core/src/rooms/up.ts', `import type { X } from '../characters/x.js';`, imports],
    ['packages/core/src/characters/up.ts', `export { x } from '../messages/x.js';`, imports],
    ['packages/core/src/messages/up.ts', `const x = import('../replies/x.js');`, imports],
    ['packages/core/src/top.ts', `import { x } from './sessions/x.js';`, imports],
    ['packages/core/src/replies/down.ts', `import { x } from '../messages/x.js';\nimport { y } from '../sessions/y.js';`, null],
    ['packages/core/src/characters/down.ts', `import { x } from '../rooms/x.js';\nimport type { D } from '../deps.js';`, null],
    ['packages/core/src/rooms/same.ts', `import { x } from './x.js';`, null],
  ],
  'api and worker import core, contracts and interfaces': [
    [
      'apps/api/src/rooms/a.ts',
      `import { x } from '@parley/core/rooms/get-room';\nimport type { Presence } from '@parley/presence';`,
      null,
    ],
    ['apps/api/src/rooms/s.ts', `import { x } from '@parley/core/rooms/room-statements';`, imports],
    ['apps/api/src/rooms/b.ts', `import { presence } from '@parley/presence';`, imports],
    ['apps/api/src/rooms/c.ts', `import { startWorker } from '@parley/worker';`, imports],
    ['apps/worker/src/replies/a.ts', `import type { Bus } from '@parley/bus';`, null],
    ['apps/worker/src/replies/b.ts', `import type { AppRouter } from '@parley/api';`, imports],
    ['apps/worker/src/replies/c.ts', `import { x } from '@parley/client/trpc';`, imports],
  ],
  'a program of someone’s own in apps imports what a client has': [
    [
      'apps/bot/src/main.ts',
      `import { createParleyClient } from '@parley/client/trpc';\nimport { maxReplyBytes } from '@parley/contracts';`,
      null,
    ],
    ['apps/bot/src/types.ts', `import type { AppRouter } from '@parley/api';`, null],
    ['apps/bot/src/router.ts', `import { appRouter } from '@parley/api';`, imports],
    ['apps/bot/src/core.ts', `import { x } from '@parley/core/rooms/get-room';`, imports],
  ],
  'realtime has one direction: room < sockets < surfaces, and tRPC is one of the surfaces': [
    ['apps/api/src/realtime/room/up.ts', `import { x } from '../sockets/x.js';`, imports],
    ['apps/api/src/realtime/room/up2.ts', `import type { X } from '../surfaces/trpc/x.js';`, imports],
    ['apps/api/src/realtime/sockets/up.ts', `import type { X } from '../surfaces/x.js';`, imports],
    ['apps/api/src/realtime/sockets/down.ts', `import { x } from '../room/x.js';\nimport { y } from '../../services.js';`, null],
    ['apps/api/src/realtime/surfaces/lines.ts', `import { x } from '../room/x.js';\nimport { y } from '../sockets/y.js';`, null],
    ['apps/api/src/realtime/room/up.test.ts', `import { x } from '../surfaces/x.js';`, null],
    ['apps/api/src/realtime/room/trpc.ts', `import { tracked } from '@trpc/server';`, imports],
    ['apps/api/src/realtime/sockets/trpc.ts', `import type { X } from '@trpc/server/adapters/ws';`, imports],
    ['apps/api/src/realtime/surfaces/trpc/trpc.ts', `import { tracked } from '@trpc/server';`, null],
  ],
  'concrete adapters appear only in main.ts, standalone and tests': [
    [
      'apps/api/src/main.ts',
      `import { x } from '@parley/bus/nats';\nimport { y } from '@parley/db/postgres';\nimport { z } from '@parley/presence/redis';`,
      null,
    ],
    ['apps/api/src/services.ts', `import { x } from '@parley/bus/nats';`, imports],
    ['apps/api/src/services2.ts', `import type { X } from '@parley/db/postgres';`, imports],
    ['apps/worker/src/start.ts', `import { x } from '@parley/presence/redis';`, imports],
    ['packages/core/src/sessions/adapter.ts', `import { x } from '@parley/db/pglite';`, imports],
    ['packages/core/src/sessions/adapter.test.ts', `import { x } from '@parley/bus/memory';`, null],
    ['apps/standalone/src/compose.ts', `import { x } from '@parley/bus/memory';\nimport { y } from '@parley/db/pglite';`, null],
    ['apps/api/src/testing/world.ts', `import { x } from '@parley/presence/memory';`, null],
    ['tests/e2e/a.test.ts', `import { x } from '@parley/db/postgres';`, null],
    ['apps/api/src/fake.ts', `import { createTestDb } from '@parley/db/testing';`, imports],
  ],
  'only tests reach by path into what tests and scripts share': [
    ['packages/db/src/shared.test.ts', `import { x } from '../../../scripts/lib/servers/ports.mjs';`, null],
    ['packages/bus/test/shared.ts', `import { x } from '../../../tests/e2e/faults/harness/x.js';`, null],
    ['packages/db/src/shared.ts', `import { x } from '../../../scripts/lib/servers/ports.mjs';`, imports],
    ['packages/db/src/other.test.ts', `import { x } from '../../bus/src/x.js';`, imports],
  ],
  'tRPC’s server only in api, its types also in client and web': [
    ['apps/api/src/trpc.ts', `import { initTRPC } from '@trpc/server';\nimport { x } from '@trpc/server/adapters/ws';`, null],
    ['packages/client/src/a.ts', `import type { TRPCError } from '@trpc/server';`, null],
    ['packages/client/src/b.ts', `import { TRPCError } from '@trpc/server';`, imports],
    ['packages/client/src/c.ts', `import { observable } from '@trpc/server/observable';`, null],
    ['apps/web/src/a.ts', `import type { X } from '@trpc/server';`, null],
    ['apps/web/src/b.ts', `import { x } from '@trpc/server/rpc';`, imports],
    ['packages/core/src/sessions/trpc.ts', `import type { X } from '@trpc/server';`, imports],
    ['apps/worker/src/trpc.ts', `import { TRPCError } from '@trpc/server';`, imports],
  ],
  'model SDKs only in worker': [
    ['apps/worker/src/models/a.ts', `import { x } from '@ai-sdk/openai';\nimport { y } from 'ai';`, null],
    ['apps/api/src/ai.ts', `import type { X } from '@ai-sdk/provider';`, imports],
    ['packages/core/src/replies/ai.ts', `import { streamText } from 'ai';`, imports],
    ['apps/standalone/src/ai.ts', `import OpenAI from 'openai';`, imports],
  ],
  'NATS only in bus': [
    ['packages/bus/src/nats.ts', `import { connect } from '@nats-io/transport-node';`, null],
    ['apps/api/src/nats.ts', `import { connect } from '@nats-io/transport-node';`, imports],
    ['packages/core/src/sessions/nats.ts', `import type { X } from 'nats';`, imports],
  ],
  'Redis only in presence': [
    ['packages/presence/src/redis.ts', `import { Redis } from 'ioredis';`, null],
    ['apps/api/src/redis.ts', `import { Redis } from 'ioredis';`, imports],
    ['packages/bus/src/redis.ts', `import type { X } from 'redis';`, imports],
  ],
  'client imports contracts and the type of the router': [
    ['packages/client/src/d.ts', `import type { AppRouter } from '@parley/api';\nimport { x } from '@parley/contracts';`, null],
    ['packages/client/src/e.ts', `import { appRouter } from '@parley/api';`, imports],
    ['packages/client/src/f.ts', `import { type AppRouter } from '@parley/api';`, imports],
    ['packages/client/src/g.ts', `export type R = import('@parley/api').AppRouter;`, null],
    ['packages/client/src/h.ts', `import { x } from '@parley/core';`, imports],
  ],
  'web imports client and contracts': [
    ['apps/web/src/c.ts', `import { x } from '@parley/client/trpc';\nimport { y } from '@parley/contracts';`, null],
    ['apps/web/src/d.ts', `import type { AppRouter } from '@parley/api';`, imports],
    ['apps/web/src/e.ts', `import { x } from '@parley/core';`, imports],
  ],
  'core’s functions take their dependencies first, no more than they use, and what is authorised, not what authorises': [
    ['packages/core/src/rooms/s1.ts', `export function f(deps: CoreDeps, room: R) { return [deps.db, deps.bus, deps.log, room]; }`, null],
    ['packages/core/src/rooms/s2.ts', `export function f(deps: CoreDeps, room: R) { return [deps.db, room]; }`, shape],
    ['packages/core/src/rooms/s3.ts', `export function f(deps: Pick<CoreDeps, 'db'>, room: R) { return [deps.db, room]; }`, null],
    ['packages/core/src/rooms/s4.ts', `export function f(deps: Pick<CoreDeps, 'db' | 'bus'>) { return deps.db; }`, shape],
    ['packages/core/src/rooms/s5.ts', `export const f = ({ db }: CoreDeps) => db;`, shape],
    ['packages/core/src/rooms/s6.ts', `export const f = (deps: CoreDeps) => g(deps);`, null],
    ['packages/core/src/rooms/s7.ts', `export function f(room: R, deps: Pick<CoreDeps, 'db'>) { return [deps.db, room]; }`, shape],
    [
      'packages/core/src/rooms/s8.ts',
      `export function f(deps: Pick<CoreDeps, 'db'>, rooms: RoomAccess) { return [deps.db, rooms]; }`,
      shape,
    ],
    ['packages/core/src/rooms/s9.test.ts', `export const f = ({ db }: CoreDeps) => db;`, null],
    [
      'packages/core/src/rooms/beside1.ts',
      `export const f = (deps: Pick<CoreDeps, 'db'> & { rooms: RoomAccess }) => [deps.db, deps.rooms];`,
      null,
    ],
    ['packages/core/src/rooms/beside2.ts', `export const f = (deps: Pick<CoreDeps, 'db'> & { rooms: RoomAccess }) => deps.db;`, shape],
    ['packages/core/src/rooms/beside3.ts', `export const f = (deps: CoreDeps & { rooms: RoomAccess }) => [deps.db, deps.rooms];`, shape],
    [
      'packages/core/src/rooms/beside4.ts',
      `export const f = (deps: Rooms & Pick<CoreDeps, 'db' | 'log'>) => [deps.db, deps.rooms];`,
      shape,
    ],
    ['packages/core/src/rooms/beside5.ts', `export const f = (room: R, deps: CoreDeps & { rooms: RoomAccess }) => g(deps, room);`, shape],
    ['packages/core/src/rooms/beside6.ts', `export const f = (deps: { db: Db } & { rooms: RoomAccess }) => deps.db;`, null],
  ],
  'core’s dependencies have no second name, and nothing hides which of them a function is given': [
    ['packages/core/src/deps.ts', `export interface CoreDeps { db: 1 }`, null],
    ['packages/core/src/rooms/name1.ts', `export interface Deps extends CoreDeps { rooms: RoomAccess }`, shape],
    ['packages/core/src/rooms/name2.ts', `export interface Deps extends Omit<CoreDeps, 'bus'> { rooms: RoomAccess }`, shape],
    ['packages/core/src/rooms/name3.ts', `export interface Deps { core: CoreDeps }`, shape],
    ['packages/core/src/rooms/name4.ts', `export type Deps = CoreDeps;`, shape],
    ['packages/core/src/rooms/name5.ts', `export type Deps = Pick<CoreDeps, 'db' | 'bus'>;`, shape],
    [
      'packages/core/src/rooms/name6.ts',
      `import type { CoreDeps as Deps } from '../deps.js';\nexport const f = (deps: Deps) => deps.db;`,
      shape,
    ],
    [
      'packages/core/src/rooms/name7.ts',
      `import type { CoreDeps } from '../deps.js';\nexport const f = (deps: CoreDeps) => g(deps);`,
      null,
    ],
    ['packages/core/src/rooms/name8.ts', `export type { CoreDeps as Deps } from '../deps.js';`, shape],
    ['packages/core/src/rooms/hide1.ts', `export const f = (deps: Omit<CoreDeps, 'bus'>) => deps.db;`, shape],
    ['packages/core/src/rooms/hide2.ts', `export const f = (deps: Omit<Pick<CoreDeps, 'db' | 'bus'>, 'bus'>) => deps.db;`, shape],
    ['packages/core/src/rooms/hide3.ts', `export const f = (deps: Pick<CoreDeps, Keys>) => deps.db;`, shape],
    ['packages/core/src/rooms/hide4.ts', `export const f = (deps: { core: CoreDeps }) => deps.core;`, shape],
    ['packages/core/src/rooms/hide5.ts', `export function f(deps: unknown) { const all: CoreDeps = deps; return all.db; }`, shape],
    ['packages/core/src/rooms/field.ts', `export class C { #deps: Pick<CoreDeps, 'db'>; }`, null],
    ['packages/core/src/rooms/method.ts', `export interface Sink { tell(deps: Pick<CoreDeps, 'bus' | 'log'>, row: R): void }`, null],
    ['packages/core/src/rooms/testing/name.ts', `export interface Deps extends CoreDeps { rooms: RoomAccess }`, null],
  ],
  'web features never import each other': [
    ['apps/web/src/features/rooms/a.tsx', `import { x } from '../composer/x.js';`, imports],
    ['apps/web/src/features/rooms/b.tsx', `import type { X } from '../composer/x';`, imports],
    ['apps/web/src/features/rooms/c.tsx', `import { x } from './x';\nimport { y } from '../../components/ui/y';`, null],
    ['apps/web/src/app/room.tsx', `import { x } from '../features/rooms/x';\nimport { y } from '../features/composer/y';`, null],
  ],
  'a package is imported by its name, not by path': [
    ['packages/core/src/rooms/path.ts', `import { x } from '../../../db/src/x.js';`, imports],
    ['apps/api/src/path.ts', `import { x } from '../../worker/src/x.js';`, imports],
    ['apps/api/src/own.ts', `import { x } from '@parley/api';`, imports],
  ],
  'process.env is read only in env.ts': [
    ['apps/api/src/env.ts', `export const x = process.env.PORT;`, null],
    ['apps/api/src/other.ts', `export const x = process.env.PORT;`, environment],
    ['apps/api/src/other2.ts', `export const x = process['env'];`, environment],
    ['apps/api/src/other3.ts', `import { env } from 'node:process';\nexport const x = env.PORT;`, environment],
    ['apps/api/src/other4.ts', `const { env } = process;\nexport const x = env;`, environment],
    ['apps/api/src/other5.ts', `export const x = globalThis.process.env;`, environment],
    ['packages/db/src/env.ts', `export const x = process.env.DATABASE_URL;`, environment],
    ['packages/db/src/a.test.ts', `export const x = process.env.TEST_DATABASE_URL;`, null],
    ['apps/web/vite.config.ts', `export const x = process.env.PORT;`, null],
    ['scripts/a.mjs', `export const x = process.env.HOME;`, null],
    ['apps/api/src/argv.ts', `export const x = process.argv;`, null],
  ],
  'a table is written from one folder of core': [
    ['packages/core/src/protocol/m.ts', 'export const s = Prisma.sql`insert into messages (id) select 1`;', null],
    ['packages/core/src/rooms/m.ts', 'export const s = Prisma.sql`insert into messages (id) select 1`;', tables],
    ['packages/core/src/rooms/u.ts', 'export const s = Prisma.sql`with a as (update room_members m set role = 1) select 1`;', tables],
    ['packages/core/src/rooms/delete.ts', 'export const s = (x) => Prisma.sql`${x} delete from\n  room_counters`;', tables],
    ['packages/core/src/rooms/own.ts', 'export const s = Prisma.sql`update rooms set name = 1`;', null],
    ['packages/core/src/rooms/raw.ts', "export const s = Prisma.raw('update users set name = 1');", tables],
    ['packages/core/src/rooms/unknown.ts', 'export const s = Prisma.sql`insert into guests (id) select 1`;', tables],
    ['packages/core/src/rooms/chosen.ts', 'export const s = (t) => Prisma.sql`update ${t} set name = 1`;', tables],
    ['packages/core/src/rooms/lock.ts', 'export const s = Prisma.sql`select 1 from messages m for no key update of m`;', null],
    ['packages/core/src/rooms/comment.ts', 'export const s = Prisma.sql`select 1 -- update messages\n from rooms`;', null],
    [
      'packages/core/src/jobs/upsert.ts',
      'export const s = Prisma.sql`insert into ai_usage (day) select 1 on conflict do update set day = 1`;',
      null,
    ],
    ['packages/core/src/rooms/a.test.ts', 'export const s = Prisma.sql`update messages set seq = 1`;', null],
    ['apps/api/src/rooms/other.ts', 'export const s = Prisma.sql`update messages set seq = 1`;', null],
    ['packages/core/src/rooms/model.ts', 'export const s = (deps) => deps.db.room.updateMany({});', tables],
    ['packages/core/src/rooms/model2.ts', 'export const s = ({ db }) => db.room.create({});', tables],
    ['packages/core/src/rooms/model3.ts', 'export const s = ({ db }) => db.room.findMany({});', null],
    ['packages/core/src/rooms/create.ts', 'export const s = (cache) => cache.entries.delete(1);', null],
  ],
  'what ends a session or closes an account is said in one file only': [
    ['packages/core/src/rooms/revoked.ts', 'export const s = Prisma.sql`select 1 from sessions s where s.revoked_at is null`;', tables],
    ['packages/core/src/sessions/revoked.ts', 'export const s = Prisma.sql`select 1 from sessions s where s.revoked_at is null`;', tables],
    ['packages/core/src/sessions/disabled.ts', 'export const s = Prisma.sql`select u.disabled_at from users u`;', tables],
    ['packages/core/src/accounts/enable-account.ts', 'export const s = Prisma.sql`update users set disabled_at = null`;', null],
    [
      'packages/core/src/sessions/standing-session.ts',
      'export const s = Prisma.sql`s.revoked_at is null and u.disabled_at is null`;',
      null,
    ],
  ],
  'roles are compared by the table of operations alone': [
    ['apps/web/src/features/rooms/own.tsx', "export const may = (mine) => mine?.role === 'owner';", rights],
    ['apps/web/src/features/rooms/not.tsx', "export const may = (role) => 'member' !== role;", rights],
    ['apps/api/src/rooms/admin.ts', "export const may = (actor) => actor.role == 'admin';", rights],
    ['packages/client/src/rooms/own.ts', "export const may = ({ role }) => role === 'moderator';", rights],
    ['apps/web/src/features/rooms/kind.tsx', "export const is = (row) => row.kind === 'member';", null],
    ['apps/web/src/features/rooms/same.tsx', 'export const is = (a, b) => a.role === b.role;', null],
    ['apps/web/src/features/rooms/own.test.tsx', "export const is = (mine) => mine.role === 'owner';", null],
    ['packages/contracts/src/operations/d.ts', "export const is = (role) => role === 'admin';", null],
  ],
  'import cycles are forbidden, also of types alone': [
    ['packages/core/src/rooms/cycle-a.ts', `import { b } from './cycle-b.js';\nexport const a = () => b;`, cycle],
    ['packages/core/src/rooms/cycle-b.ts', `import { a } from './cycle-a.js';\nexport const b = () => a;`, cycle],
    ['packages/core/src/rooms/chain-a.ts', `import { b } from './chain-b.js';\nexport const a = () => b;`, null],
    ['packages/core/src/rooms/chain-b.ts', `export const b = 1;`, null],
    ['packages/core/src/rooms/type-cycle-a.ts', `import type { B } from './type-cycle-b.js';\nexport interface A { b: B }`, cycle],
    ['packages/core/src/rooms/type-cycle-b.ts', `import type { A } from './type-cycle-a.js';\nexport interface B { a: A }`, cycle],
  ],
};

const ours = new Set([imports, environment, tables, shape, rights, cycle]);
let directory;
/** @type {Map<string, Set<string>>} the rules that fired, by file */
let fired;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'parley-rules-'));
  const files = Object.values(cases).flat();
  for (const [path, source] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), `${source}\n`);
  }
  // The same configuration and the same plugin: the tree stands in for the repository, which keeps its own files.
  writeFileSync(join(directory, '.oxlintrc.json'), readFileSync(join(root, '.oxlintrc.json')));
  mkdirSync(join(directory, 'scripts/lib'), { recursive: true });
  symlinkSync(join(root, 'scripts/lib/lint'), join(directory, 'scripts/lib/lint'));
  fired = new Map(files.map(([path]) => [path, new Set()]));
  for (const { code, filename } of lint(directory)) {
    if (ours.has(code)) fired.get(filename)?.add(code);
  }
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** @returns {{ code: string, filename: string }[]} */
function lint(cwd) {
  try {
    return JSON.parse(execFileSync(join(root, 'node_modules/.bin/oxlint'), ['-f', 'json'], { cwd, encoding: 'utf8' })).diagnostics;
  } catch (error) {
    // The linter exits with an error when it finds something, as it should here.
    return JSON.parse(error.stdout).diagnostics;
  }
}

describe.each(Object.entries(cases))('%s', (_rule, files) => {
  test.each(files)('%s: %s → %s', (path, _source, expected) => {
    expect([...fired.get(path)]).toEqual(expected === null ? [] : [expected]);
  });
});
