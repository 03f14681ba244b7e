import { patchBodyValidation, scimPatch, type ScimPatch, type ScimPatchOperation, type ScimResource } from 'scim-patch';
import { z } from 'zod';
import { ScimError } from './scim-error.js';
import { membersSchema, parsed } from './scim-resources.js';

/** The most operations of one request: a client that sends more sends them in turns. */
const maxOperations = 100;
/** The longest path of an operation, in UTF-16 units: reading one takes time in proportion to its square. */
const maxPathLength = 300;

const bodySchema = z.looseObject({
  schemas: z.array(z.string()).max(10),
  Operations: z
    .array(z.looseObject({ op: z.string().toLowerCase(), path: z.string().max(maxPathLength).optional(), value: z.unknown().optional() }))
    .min(1)
    .max(maxOperations),
});

/** Keys by which a resource would reach what it is made of. */
const forbidden = /__proto__|constructor|prototype/;

/** @throws ScimError for what is no request of a patch */
export function readOperations(body: unknown): ScimPatchOperation[] {
  const read = parsed(bodySchema, body);
  if (forbidden.test(JSON.stringify(read.Operations))) throw new ScimError(400, 'invalidPath', 'The operations name what no resource has.');
  try {
    patchBodyValidation(read as unknown as ScimPatch);
  } catch (error) {
    throw refused(error);
  }
  return read.Operations as ScimPatchOperation[];
}

/** A copy of the resource to which the operations were applied. @throws ScimError for operations that do not fit it */
export function patched(resource: object, operations: ScimPatchOperation[]): object {
  try {
    return scimPatch(structuredClone(resource) as unknown as ScimResource, operations);
  } catch (error) {
    throw refused(error);
  }
}

function refused(error: unknown): ScimError {
  return new ScimError(400, 'invalidSyntax', error instanceof Error ? error.message : 'The operations could not be applied.');
}

/** One change of a group's members. */
export type MembersChange = { how: 'add' | 'remove' | 'set'; members: readonly string[] };

const one = /^members\[value eq "([\da-fA-F-]{36})"\]$/;

/**
 * Parts the operations on a group's members, which may be thousands of people, from those on its other attributes.
 *
 * @throws ScimError for members that are named in another way
 */
export function splitOperations(operations: readonly ScimPatchOperation[]): { members: MembersChange[]; others: ScimPatchOperation[] } {
  const members: MembersChange[] = [];
  const others: ScimPatchOperation[] = [];
  for (const operation of operations) {
    const how = operation.op === 'replace' ? 'set' : operation.op === 'remove' ? 'remove' : 'add';
    const named = (value: unknown) => parsed(membersSchema, Array.isArray(value) ? value : [value]);
    const path = operation.path?.replace('urn:ietf:params:scim:schemas:core:2.0:Group:', '');
    if (path === 'members') {
      if (how === 'remove' && operation.value === undefined) members.push({ how: 'set', members: [] });
      else members.push({ how, members: named(operation.value) });
    } else if (path?.startsWith('members')) {
      const id = one.exec(path)?.[1];
      if (id === undefined || how !== 'remove') throw new ScimError(400, 'invalidPath', `path: name members as members[value eq "id"].`);
      members.push({ how, members: named({ value: id }) });
    } else if (path === undefined && typeof operation.value === 'object' && operation.value !== null && 'members' in operation.value) {
      const { members: some, ...rest } = operation.value as Record<string, unknown>;
      members.push({ how, members: named(some) });
      if (Object.keys(rest).length > 0) others.push({ ...operation, value: rest } as ScimPatchOperation);
    } else others.push(operation);
  }
  return { members, others };
}
