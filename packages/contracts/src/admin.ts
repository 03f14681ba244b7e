import { z } from 'zod';
import { auditActorKinds, auditEvents, type AuditEvent } from './audit-events.js';
import { idSchema } from './inputs.js';
import { textSchema } from './names.js';
import { roomVisibilitySchema, userViewSchema } from './views.js';

/** Inputs and outputs of what the admin's page asks for. Lists are read a page at a time. */

/** Rows of a page of any list of the admin's page. */
export const maxAdminRows = 100;

const page = {
  /** The `next` of the page before. @default the first page */
  after: z.string().max(400).optional(),
  limit: z.int().min(1).max(maxAdminRows).default(50),
};

const auditEventSchema = z.enum(Object.keys(auditEvents) as [AuditEvent, ...AuditEvent[]]);

const auditFilters = {
  /** The username or the id of who did it, or one of `operator`, `system` and `provider`. */
  actor: textSchema.trim().max(200).optional(),
  /** The name or the id of what it was done to. */
  subject: textSchema.trim().max(200).optional(),
  event: auditEventSchema.optional(),
  /** ISO 8601. */
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
};

/** `after`: the id of the last entry of the page before. */
export const auditListInput = z.object({ ...page, after: idSchema.optional(), ...auditFilters });
export const auditExportInput = z.object({ ...auditFilters, format: z.enum(['jsonl', 'csv']).default('jsonl') });
export type AuditFilters = Omit<z.infer<typeof auditExportInput>, 'format'>;

/** An entry of the audit log. */
export const auditEntrySchema = z.object({
  id: z.string(),
  at: z.string(),
  /** Of {@link auditEvents}; a later version may have written others. */
  event: z.string(),
  actor: z.object({ kind: z.enum(auditActorKinds), id: z.string().nullable(), name: z.string().nullable() }),
  sessionId: z.string().nullable(),
  subject: z.object({ kind: z.string(), id: z.string().nullable(), name: z.string().nullable() }).nullable(),
  roomId: z.string().nullable(),
  /** Where the call came from. */
  address: z.string().nullable(),
  correlationId: z.string().nullable(),
  /** Facts and codes, as JSON. */
  detail: z.string(),
});
export type AuditEntryView = z.infer<typeof auditEntrySchema>;
export const auditListOutput = z.object({ items: auditEntrySchema.array().max(maxAdminRows), next: z.string().nullable() });

export const adminPeopleInput = z.object({
  ...page,
  /** The beginnings of names, or an e-mail address. @default everyone */
  query: textSchema.trim().max(200).default(''),
  show: z.enum(['all', 'people', 'bots', 'admins', 'disabled']).default('all'),
});
export const adminPersonSchema = z.object({
  user: userViewSchema,
  email: z.string().nullable(),
  isAdmin: z.boolean(),
  /** The username of whose bot it is; null for a person. */
  owner: z.string().nullable(),
  /** Null while the account is open. */
  disabledAt: z.string().nullable(),
  /** Whether the account was removed for good. */
  removed: z.boolean(),
  createdAt: z.string(),
  /** Sessions and keys that stand. */
  sessions: z.int().nonnegative(),
  rooms: z.int().nonnegative(),
});
export type AdminPerson = z.infer<typeof adminPersonSchema>;
export const adminPeopleOutput = z.object({ items: adminPersonSchema.array().max(maxAdminRows), next: z.string().nullable() });

export const adminSetAdminInput = z.object({ username: textSchema.trim().toLowerCase().min(1).max(200), admin: z.boolean() });
export const adminUserInput = z.object({ username: textSchema.trim().toLowerCase().min(1).max(200) });

export const adminRoomsInput = z.object({
  ...page,
  /** A part of the name. @default all rooms */
  query: textSchema.trim().max(200).default(''),
  show: z.enum(['all', 'public', 'private', 'archived', 'orphans']).default('all'),
  sort: z.enum(['name', 'size']).default('size'),
});
export const adminRoomSchema = z.object({
  id: idSchema,
  name: z.string(),
  visibility: roomVisibilitySchema,
  members: z.int().nonnegative(),
  messages: z.int().nonnegative(),
  /** Usernames of its owners, some of them if there are many; none: an orphan. */
  owners: z.string().array().max(5),
  archivedAt: z.string().nullable(),
  createdAt: z.string(),
  lastMessageAt: z.string().nullable(),
});
export type AdminRoom = z.infer<typeof adminRoomSchema>;
export const adminRoomsOutput = z.object({ items: adminRoomSchema.array().max(maxAdminRows), next: z.string().nullable() });
export const adminRoomInput = z.object({ roomId: idSchema });
export const adminArchiveRoomInput = z.object({ roomId: idSchema, archived: z.boolean() });
