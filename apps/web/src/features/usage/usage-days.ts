import type { UsageReport, UsageSum } from '@parley/contracts';

export type UsageDay = UsageReport['days'][number];

const none: UsageSum = { calls: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0, cost: 0, unpricedCalls: 0 };
const dayMs = 86_400_000;

/** Every day (UTC) of a report, the oldest first, also those on which nothing was used. @param count how many days, today included */
export function everyDay(days: readonly UsageDay[], count: number, nowMs: number): UsageDay[] {
  const known = new Map(days.map((day) => [day.day, day]));
  return Array.from({ length: count }, (_, index) => {
    const day = new Date(nowMs - (count - 1 - index) * dayMs).toISOString().slice(0, 10);
    return known.get(day) ?? { day, ...none };
  });
}

/** The least round number that is not below an amount: 1, 2 or 5 with zeros. */
export function roundedUp(amount: number): number {
  if (amount <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(amount));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= amount)!;
}

/** `29 Nov`, of a day in UTC. */
export function dayLabel(day: string, locale = 'en-GB'): string {
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
}
