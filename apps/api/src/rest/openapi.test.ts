import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { operationNamed, operations, type OperationName } from '@parley/contracts';
import { expect, test } from 'vitest';
import { referencePage } from './reference-page.js';
import { openApi } from './openapi.js';

/** Procedures that REST has not, each with the reason. */
const silent: Partial<Record<OperationName, string>> = {
  'rooms.events': 'a stream of events, which has an address of its own',
  'inbox.events': 'a stream of events, which has an address of its own',
  'presence.typing': 'it lasts for seconds and needs an open connection to be of use',
};

test('REST has every operation, but for those that are named here with the reason', () => {
  const without = (Object.keys(operations) as OperationName[]).filter((name) => {
    const { rest, route } = operationNamed(name);
    return !rest && !route;
  });
  expect(without.toSorted()).toEqual(Object.keys(silent).toSorted());
});

test('every operation stands in the document, with what it does, and in the reference', () => {
  const document = openApi();
  const described = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const named = new Map(described.map((operation) => [operation.operationId, operation]));
  const page = referencePage(document);
  for (const name of Object.keys(operations) as OperationName[]) {
    if (name === 'presence.typing') continue;
    expect([name, named.get(name)?.summary]).toEqual([name, operationNamed(name).does]);
    expect(page).toContain(`<details id="${name}">`);
  }
  expect(page).not.toMatch(/<script|\bstyle=|undefined|\[object/);
});

test('docs/rest.md has every address, with what it does', async () => {
  const page = await readFile(new URL('../../../../docs/rest.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z]+) (\S+)` \| (.+) \|$/gm)].map(([, method, path, does]) => [method, path, does]);
  const described = Object.entries(openApi().paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary }]) => [method.toUpperCase(), path, summary]),
  );
  expect(rows).toEqual(described);
});

test('the document is valid OpenAPI 3.1, and its operations have ids of their own', async () => {
  const document = openApi();
  const { valid, errors } = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(ids.length);
});
