import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['packages/core/src', 'packages/db/src', 'apps/api/src', 'apps/worker/src', 'apps/standalone/src'];

/**
 * Statements that return rows without a `limit` of their own, and what bounds each. Whoever adds one says here why it cannot return
 * thousands of rows, or bounds it.
 */
const boundedOtherwise = {
  'packages/core/src/accounts/apply-groups.ts': ['the rooms that groups give one person: maxGroupRules'],
  'packages/core/src/accounts/change-password.ts': ['the sessions of one account: a sign-in has its limit, and spent ones are swept'],
  'packages/core/src/accounts/disable-account.ts': ['one account, by its unique name', 'one account and its bots'],
  'packages/core/src/accounts/enable-account.ts': ['one account, by its unique name', 'one account and its bots'],
  'packages/core/src/accounts/end-account.ts': ['the sessions of one account'],
  'packages/core/src/accounts/scim-groups.ts': ['writes one row'],
  'packages/core/src/accounts/scim-users.ts': ['writes one row'],
  'packages/core/src/accounts/set-up-code.ts': ['writes one row'],
  'packages/core/src/accounts/removals.ts': ['one, or maxListedRemovals'],
  'packages/core/src/characters/seed-instance.ts': ['one character, by its id', 'writes one character', 'writes one room'],
  'packages/core/src/characters/update-character.ts': ['one character, by its id'],
  'packages/core/src/doors/end-provider-sessions.ts': [
    'the people of one subject or one session of a provider',
    'the sessions and keys of one account',
  ],
  'packages/core/src/export/export-account.ts': ['a page of numbers of messages, which the statement is given'],
  'packages/core/src/keys/list-keys.ts': ['keys of one account and its bots: maxKeysPerAccount, maxBotsPerOwner'],
  'packages/core/src/keys/revoke-key.ts': ['one session, by its id'],
  'packages/core/src/messages/find-named.ts': ['the handles of fifty mentions'],
  'packages/core/src/replies/fail-unserved.ts': ['the characters that agents wait for in this process'],
  'packages/core/src/rooms/list-joined-rooms.ts': ['maxListedRooms, in listedMemberships'],
  'packages/core/src/rooms/publish-direct-titles.ts': ['200 rooms, which the statement is given, with two members each'],
  'packages/core/src/sessions/choose-refresh-token.ts': ['the few tokens of a request'],
  'packages/core/src/sessions/find-ended-sessions.ts': ['the sessions whose sockets this process holds'],
  'packages/core/src/sessions/logout.ts': ['the sessions of one account'],
  'packages/core/src/sync/load-heads.ts': ['the rooms that this process has open: numbers, no text'],
  'packages/core/src/sync/load-inbox-marks.ts': ['the people whose inboxes this process has open: numbers, no text'],
};

/** @returns {string[]} the statements of a file that return any number of rows and have no limit, as they are written */
function unboundedIn(code) {
  const found = [];
  const visit = (node, declared) => {
    if (node === null || typeof node !== 'object') return;
    const called = node.type === 'CallExpression' ? node.callee : node.type === 'TaggedTemplateExpression' ? node.tag : null;
    if (called?.property?.name === '$queryRaw' || called?.property?.name === '$queryRawUnsafe') {
      const statement = code.slice(node.start, node.end);
      // Whoever takes a row by `const [row] =` has a statement of one row.
      const takesOne = declared?.type === 'ArrayPattern' && declared.elements.length === 1;
      if (!takesOne && !/\blimit \$\{|\blimit \d/i.test(statement)) found.push(statement);
    }
    const inside = node.type === 'VariableDeclarator' ? node.id : /Function/.test(node.type) ? null : declared;
    for (const child of Object.values(node)) visit(child, inside);
  };
  visit(parseAst(code, { lang: 'ts' }), null);
  return found;
}

test('every statement that returns rows has a limit, or is known to be bounded otherwise', () => {
  const unbounded = {};
  let files = 0;
  for (const folder of folders) {
    for (const file of readdirSync(`${root}/${folder}`, { recursive: true })) {
      if (
        !file.endsWith('.ts') ||
        /\.(?:test|contract|fixture|d)\.ts$|(?:^|\/)(?:generated|testing|test-support)\/|testing-[\w-]+\.ts$/.test(file)
      )
        continue;
      const code = readFileSync(`${root}/${folder}/${file}`, 'utf8');
      if (!code.includes('$queryRaw')) continue;
      files++;
      const found = unboundedIn(code);
      if (found.length > 0) unbounded[`${folder}/${file}`] = found.length;
    }
  }
  expect(files).toBeGreaterThan(50);
  expect(unbounded).toEqual(Object.fromEntries(Object.entries(boundedOtherwise).map(([file, reasons]) => [file, reasons.length])));
});

test('a statement without a limit is found wherever it stands', () => {
  expect(unboundedIn('const rows = await db.$queryRaw(Prisma.sql`select id from messages`);')).toHaveLength(1);
  expect(unboundedIn('const all = async () => (await db.$queryRaw`select id from messages`).map(({ id }) => id);')).toHaveLength(1);
  expect(unboundedIn('const rows = await db.$queryRaw(Prisma.sql`select id from messages limit 7`);')).toEqual([]);
  expect(unboundedIn('const [row] = await db.$queryRaw(Prisma.sql`select count(*) from messages`);')).toEqual([]);
});
