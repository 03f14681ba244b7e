import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { operationNamed, operations, type OperationName } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { declaredOutputs } from '../answers/declared.js';
import { appRouter } from '../app-router.js';
import { restEndpoints } from './rest-address.js';
import { inputSchemaOf } from './serve-endpoint.js';
import { referencePage } from './reference-page.js';
import { openApi } from './openapi.js';

const id = '0198c0de-7a11-7000-8000-00000000002a';
/** What fields of addresses hold that are no ids. */
const valueOf: Record<string, string> = { name: 'announcement', username: 'olga', emoji: '👍', query: 'tide' };

/** Procedures that REST has not, each with the reason. */
const silent: Partial<Record<OperationName, string>> = {
  'rooms.events': 'a stream of events, which has an address of its own',
  'inbox.events': 'a stream of events, which has an address of its own',
  'presence.typing': 'it lasts for seconds and needs an open connection to be of use',
  'passkeys.request': 'passkeys are made and shown by pages alone',
  'passkeys.signIn': 'passkeys are made and shown by pages alone',
  'passkeys.begin': 'passkeys are made and shown by pages alone',
  'passkeys.add': 'passkeys are made and shown by pages alone',
  'models.characters': 'OpenAI’s protocol has it, at /v1/models',
  'models.get': 'OpenAI’s protocol has it, at /v1/models/{model}',
  'models.complete': 'OpenAI’s protocol has it, at /v1/chat/completions',
};

/** Those of them that the document does not describe as streams either. */
const elsewhere = Object.keys(silent).filter((name) => !name.endsWith('.events'));

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
    if (elsewhere.includes(name)) continue;
    expect([name, named.get(name)?.summary]).toEqual([name, operationNamed(name).does]);
    expect(page).toContain(`<details id="${name}">`);
  }
  expect(page).not.toMatch(/<script|\bstyle=|undefined|\[object/);
});

test('every example is one: calls take what is sent, and answers are as they are declared', () => {
  const { paths } = openApi();
  const outputs = declaredOutputs(appRouter);
  for (const { name, method, path, fixed } of restEndpoints()) {
    const { requestBody, parameters = [], responses } = paths[path]![method.toLowerCase()]!;
    const params = parameters
      .filter((parameter) => parameter.in === 'path' || (parameter.in === 'query' && parameter.required))
      .map((parameter) => [parameter.name, valueOf[parameter.name] ?? id]);
    const schema = inputSchemaOf(name) as z.ZodType | undefined;
    const body = requestBody?.content['application/json']?.example as object | undefined;
    const made = operationNamed(name).repeat === 'byClientId' ? { clientId: id } : {};
    const input = { ...Object.fromEntries(params), ...fixed, ...made, ...body };
    expect([name, schema?.safeParse(input).error?.issues]).toEqual([name, undefined]);
    const answer = Object.values(responses)[0] as { content: Record<string, { example: unknown }> };
    expect([name, outputs.get(name)!.safeParse(answer.content['application/json']!.example).error?.issues]).toEqual([name, undefined]);
  }
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
