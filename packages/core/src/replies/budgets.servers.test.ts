import { describe, expect, test } from 'vitest';
import { createTestWorld, limitedTo } from '../testing/index.js';
import { budgetsSuite } from './budgets.contract.js';
import { replyJobs } from './reply-sink.js';
import { claimed, complete } from './testing-replies.js';

budgetsSuite('postgres');

/** What only a database that runs statements side by side can show. */
describe('a hundred calls at once', () => {
  test.each(['room', 'character', 'instance'] as const)('of many people never pass the limit of a %s together', async (scope) => {
    await using world = await createTestWorld('postgres');
    const claims = [];
    for (let n = 0; n < 100; n++) claims.push(await claimed(world, n % 10 === 0 ? await world.registerMember(`p${n}`) : world.owner));
    // 37 of them fit, and the rest of the tokens fit none.
    const limits = limitedTo({ [scope]: { dayTokens: 37 * 1_000 + 999, monthCost: 40 * 1_000 } });
    const outcomes = await Promise.all(claims.map((claim) => replyJobs.reserve(world.deps, claim, { tokens: 1_000, cost: 1_000 }, limits)));
    expect(outcomes.filter(({ kind }) => kind === 'reserved')).toHaveLength(37);
    const counter = async () =>
      (await world.deps.db.usageCounter.findMany({ where: { scope, span: 'day' } })).map(({ tokens, cost }) => [tokens, cost]);
    expect(await counter()).toEqual([[37_000n, 37_000n]]);
    // They end at once, some of them twice, while others are refused.
    await Promise.all([
      ...claims.flatMap((claim, n) => {
        const open = outcomes[n]!.kind === 'reserved';
        const usage = open ? complete.usage : null;
        const end = { ...complete, usage, spent: { model: 'test:model', cost: open ? 5 : 0, priced: true } };
        return [replyJobs.end(world.deps, claim, end), ...(n % 3 === 0 ? [replyJobs.end(world.deps, claim, end)] : [])];
      }),
    ]);
    expect(await counter()).toEqual([[37n * 111n, 37n * 5n]]);
    const [sum] = await world.deps.db.$queryRaw<{ calls: number; cost: number }[]>`
      select sum(calls)::int as calls, sum(cost)::int as cost from usage_days`;
    expect(sum).toEqual({ calls: 37, cost: 37 * 5 });
  });
});
