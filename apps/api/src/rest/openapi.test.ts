import { Validator } from '@seriousme/openapi-schema-validator';
import { operationNamed, operations, type OperationName } from '@parley/contracts';
import { expect, test } from 'vitest';
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

test('the document is valid OpenAPI 3.1, and its operations have ids of their own', async () => {
  const document = openApi();
  const { valid, errors } = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(ids.length);
});
