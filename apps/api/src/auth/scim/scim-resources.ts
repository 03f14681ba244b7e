import { textSchema } from '@parley/contracts';
import type { ScimGroupInput } from '@parley/core/accounts/scim-groups';
import type { ScimUserInput } from '@parley/core/accounts/scim-users';
import { z } from 'zod';
import { ScimError } from './scim-error.js';

export const userSchemaId = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const groupSchemaId = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** The most bytes of JSON that are kept of one user. */
const maxResourceBytes = 16 * 1024;
/** The most people that one request names. */
const maxNamedMembers = 10_000;

const text = (max: number) => textSchema.trim().min(1).max(max);
/** Some clients send booleans as texts. */
const flag = z.union([z.boolean(), z.stringFormat('boolean', /^(?:true|false)$/i).transform((value) => value.toLowerCase() === 'true')]);
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);

const userSchema = z.looseObject({
  userName: text(254),
  externalId: optional(text(255)),
  active: flag.nullish().transform((value) => value ?? true),
  displayName: optional(text(200)),
  name: optional(z.looseObject({ formatted: optional(text(200)), givenName: optional(text(100)), familyName: optional(text(100)) })),
  emails: optional(z.array(z.looseObject({ value: text(254), primary: flag.nullish() })).max(20)),
});

const member = z.looseObject({ value: z.uuid().toLowerCase() });
export const membersSchema = z
  .array(member)
  .max(maxNamedMembers)
  .transform((members) => [...new Set(members.map(({ value }) => value))]);
const groupSchema = z.looseObject({ displayName: text(200), externalId: optional(text(255)) });

/** Attributes that are decided elsewhere, or must not be kept. */
const notKept = new Set(['id', 'schemas', 'meta', 'groups', 'password', 'active', 'externalId', 'members']);

/** @throws ScimError for what is no user */
export function readUser(body: unknown): ScimUserInput {
  const user = parsed(userSchema, body);
  const resource = Object.fromEntries(Object.entries(body as object).filter(([key]) => !notKept.has(key)));
  if (Buffer.byteLength(JSON.stringify(resource)) > maxResourceBytes) throw new ScimError(413, undefined, 'The user is larger than 16 kB.');
  const { name } = user;
  const emails = (user.emails ?? [])
    .toSorted((a, b) => Number(b.primary === true) - Number(a.primary === true))
    .map(({ value }) => value.toLowerCase());
  const isEmail = user.userName.includes('@');
  return {
    userName: user.userName,
    externalId: user.externalId,
    active: user.active,
    emails: [...new Set([...emails, ...(isEmail ? [user.userName.toLowerCase()] : [])])],
    displayName: user.displayName ?? name?.formatted ?? ([name?.givenName, name?.familyName].filter(Boolean).join(' ') || null),
    resource,
  };
}

/** @throws ScimError for what is no group */
export function readGroup(body: unknown): ScimGroupInput {
  const { displayName, externalId } = parsed(groupSchema, body);
  return { displayName, externalId };
}

/** @throws ScimError for what the schema does not take */
export function parsed<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  throw new ScimError(400, 'invalidValue', `${path.join('.') || 'The body'}: ${message}`);
}
