import { z } from 'zod';
import { budgetScopes, budgetSpans, microsPerDollar } from './budgets.js';

/** The most days that one report is about, and those that it is about unless a call says. */
export const maxUsageDays = 92;
const usualUsageDays = 31;
/** The most models, and the most characters, of a report: those that cost most. */
export const maxUsageRows = 50;

const count = z.int().nonnegative();

/** What calls used: costs are in millionths of a dollar. Calls under way are not in it. */
export const usageSumSchema = z.object({
  calls: count,
  /** With those of `cachedTokens`. */
  inputTokens: count,
  cachedTokens: count,
  outputTokens: count,
  cost: count,
  /** Calls of models that have no price, which cost nothing in money. */
  unpricedCalls: count,
});
export type UsageSum = z.infer<typeof usageSumSchema>;

/** A limit, and how much of it is used, with the most that calls under way may use. */
export const budgetViewSchema = z.object({
  scope: z.enum(budgetScopes),
  span: z.enum(budgetSpans),
  unit: z.enum(['tokens', 'cost']),
  /** In tokens, or in millionths of a dollar. */
  limit: count,
  used: count,
  resetsAt: z.iso.datetime(),
});
export type BudgetView = z.infer<typeof budgetViewSchema>;

const limit = z
  .int()
  .min(1)
  .max(1_000_000_000 * microsPerDollar)
  .nullable();

/** Limits that somebody set; null: none. Costs are in millionths of a dollar. */
export const setLimitsSchema = z.object({ dayTokens: limit, monthTokens: limit, dayCost: limit, monthCost: limit });
export type SetLimits = z.infer<typeof setLimitsSchema>;

/** A report of the last days (UTC), by day, by model and by character. */
export const usageReportSchema = z.object({
  total: usageSumSchema,
  /** Days without a call are left out; the oldest first. */
  days: z.array(usageSumSchema.extend({ day: z.iso.date() })).max(maxUsageDays),
  /** Those that cost most first. `model` is empty where it is not known. */
  models: z.array(usageSumSchema.extend({ model: z.string() })).max(maxUsageRows),
  /** `characterId` is null for calls of no character. */
  characters: z.array(usageSumSchema.extend({ characterId: z.uuid().nullable(), name: z.string() })).max(maxUsageRows),
  budgets: z.array(budgetViewSchema).max(4),
  /** What was set for the person, the room or the character; null of the instance, whose limits its variables set. */
  setLimits: setLimitsSchema.nullable(),
});
export type UsageReport = z.infer<typeof usageReportSchema>;

/** What a person's calls used on a day (UTC), in a room, of a character and a model; the ids are null for none. */
export const ownUsageSchema = usageSumSchema.extend({
  day: z.iso.date(),
  roomId: z.uuid().nullable(),
  characterId: z.uuid().nullable(),
  model: z.string(),
});
export type OwnUsage = z.infer<typeof ownUsageSchema>;

const days = z.coerce.number().int().min(1).max(maxUsageDays).default(usualUsageDays);

export const usageMineInput = z.object({ days }).prefault({});
export const usageInstanceInput = z.object({ days }).prefault({});
export const usageRoomInput = z.object({ roomId: z.uuid(), days });
export const usageCharacterInput = z.object({ characterId: z.uuid(), days });
export const usagePersonInput = z.object({ username: z.string().trim().min(1).max(64), days });
export const usageMeterInput = z.object({ roomId: z.uuid() });
export const usageMeterOutput = z.array(budgetViewSchema).max(16);
export const usageLimitRoomInput = setLimitsSchema.extend({ roomId: z.uuid() });
export const usageLimitCharacterInput = setLimitsSchema.extend({ characterId: z.uuid() });
export const usageLimitPersonInput = setLimitsSchema.extend({ username: z.string().trim().min(1).max(64) });
