import { readFile } from 'node:fs/promises';
import { accountFileLineSchema } from '@parley/contracts';
import { expect, test } from 'vitest';
import { createBot } from '../accounts/bots.js';
import { createCharacter } from '../characters/create-character.js';
import { createKey } from '../keys/create-key.js';
import { send } from '../messages/testing-messages.js';
import { createTestWorld } from '../testing/test-world.js';
import { exportAccount } from './export-account.js';
import { personData } from './person-rows.js';

/** Tables of the schema, each with its columns. */
async function schemaTables(): Promise<Map<string, string[]>> {
  const schema = await readFile(new URL('../../../db/prisma/schema.prisma', import.meta.url), 'utf8');
  const models = new Set([...schema.matchAll(/^model (\w+) /gm)].map(([, name]) => name));
  const tables = new Map<string, string[]>();
  for (const [, body = ''] of schema.matchAll(/^model \w+ \{\n([\s\S]*?)\n\}/gm)) {
    const name = /@@map\("(\w+)"\)/.exec(body)![1]!;
    const columns = [...body.matchAll(/^ {2}(\w+) +([\w()"]+)(?:[?\]]|\[\])*(.*)$/gm)].flatMap(([, field, type, rest]) =>
      models.has(type!) ? [] : [/ @map\("(\w+)"\)/.exec(rest!)?.[1] ?? field!],
    );
    tables.set(name, columns);
  }
  return tables;
}

test('the export of a person says of every table of the schema where its data of a person is, or why it is not there', async () => {
  const tables = await schemaTables();
  expect(tables.size).toBeGreaterThan(40);
  expect(Object.keys(personData).sort()).toEqual([...tables.keys()].sort());
  const kinds = accountFileLineSchema.options.map(({ shape }) => shape.type.value);
  for (const [table, data] of Object.entries(personData)) {
    if ('line' in data) expect([table, kinds]).toEqual([table, expect.arrayContaining([data.line])]);
    if ('rows' in data) {
      // What is left out is there to be left out, and every other column that says whose a row is is in the file.
      expect([table, Object.keys(data.rows.without).filter((column) => !tables.get(table)!.includes(column))]).toEqual([table, []]);
    }
  }
});

test('every column of such a row is in the file but for secrets', async () => {
  await using world = await createTestWorld();
  const { deps, owner } = world;
  const tables = await schemaTables();
  const ann = await world.registerMember('ann');
  await createBot(deps, ann.actor, { username: 'anns-bot' });
  await createKey(deps, ann.actor, { name: 'script', scopes: ['rooms:read'] });
  await createCharacter(deps, ann.actor, {
    handle: 'anns-sage',
    name: 'Sage',
    tagline: '',
    systemPrompt: 'only for ann',
    model: null,
    temperature: null,
    greeting: '',
  });
  await send(world, owner, 'hello @ann');
  await deps.db.$executeRaw`insert into usage_limits (scope, id, day_tokens) values ('person', ${ann.user.id}::uuid, 5)`;
  await deps.db.$executeRaw`
    insert into usage_counters (scope, id, span, day, tokens) values ('person', ${ann.user.id}::uuid, 'day', current_date, 7)`;
  await deps.db.$executeRaw`
    insert into identities (id, user_id, provider, subject) values (gen_random_uuid(), ${ann.user.id}::uuid, 'acme', 'sub-1')`;
  let file = '';
  for await (const chunk of exportAccount(deps, ann.actor)) file += chunk;
  const lines = file
    .trimEnd()
    .split('\n')
    .map((text) => accountFileLineSchema.parse(JSON.parse(text)));
  const rows = lines.flatMap((line) => (line.type === 'row' ? [line] : []));
  expect([...new Set(rows.map(({ table }) => table))]).toEqual(
    expect.arrayContaining(['audit_log', 'characters', 'identities', 'keys', 'room_mentions', 'usage_counters', 'usage_limits', 'users']),
  );
  for (const { table, row } of rows) {
    const data = personData[table]!;
    const without = 'rows' in data ? Object.keys(data.rows.without) : [];
    expect([table, Object.keys(row).sort()]).toEqual([
      table,
      tables
        .get(table)!
        .filter((column) => !without.includes(column))
        .sort(),
    ]);
  }
  expect(rows.filter(({ table }) => table === 'users').map(({ row }) => row['username'])).toEqual(['ann', 'anns-bot']);
  expect(file).toContain('only for ann');
  expect(file).not.toMatch(/argon2|password_hash|"hash"/);
});
