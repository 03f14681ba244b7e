import { z } from 'zod';
import { maxProviders } from './limits.js';
import { roomRoleSchema } from './views.js';

/** The most rules of one provider: each may change the rooms of thousands of people. */
export const maxGroupRules = 200;

const groupName = z.string().trim().min(1).max(200);
const providerId = z.string().min(1).max(64);

/** A group of a provider gives a role in a room. */
const groupRuleSchema = z.object({ group: z.string(), roomId: z.uuid(), role: roomRoleSchema });

const doorSchema = z.object({
  id: z.string(),
  name: z.string(),
  issuer: z.string(),
  /** Who is in one of these groups is an admin: the operator's variable says so. */
  adminGroups: z.array(z.string()).max(20),
  /** Accounts of people who come in by it. */
  people: z.int().nonnegative(),
  /** Null where its SCIM has no token. */
  scim: z.object({ users: z.int().nonnegative(), groups: z.int().nonnegative(), changedAt: z.iso.datetime().nullable() }).nullable(),
  rules: z.array(groupRuleSchema.extend({ room: z.string() })).max(maxGroupRules),
});
export type DoorView = z.infer<typeof doorSchema>;

export const doorsGetOutput = z.object({
  /** Whether people may sign in here by a password. */
  local: z.boolean(),
  providers: z.array(doorSchema).max(maxProviders),
});

/** The rules of a provider as they are to be: those that are left out go. */
export const doorsSetRulesInput = z.object({
  provider: providerId,
  rules: z.array(z.object({ group: groupName, roomId: z.uuid().toLowerCase(), role: roomRoleSchema })).max(maxGroupRules),
});
export type GroupRuleInput = z.infer<typeof doorsSetRulesInput>['rules'][number];

/** How the caller proves who they are. */
export const doorsOwnOutput = z.object({
  password: z.boolean(),
  providers: z
    .array(z.object({ id: z.string(), name: z.string(), email: z.string().nullable(), lastSignInAt: z.iso.datetime().nullable() }))
    .max(maxProviders),
  /** True if this session proved it to its provider a moment ago, as what cannot be undone asks for. */
  fresh: z.boolean(),
});
export type OwnDoors = z.infer<typeof doorsOwnOutput>;
