import type { UsageSum } from '@parley/contracts';
import { dollars, whole } from '../../components/ui/amounts.js';

/** The sums of a report, large. */
export function Figures({ total }: { total: UsageSum }) {
  const { calls, inputTokens, cachedTokens, outputTokens, cost, unpricedCalls } = total;
  return (
    <div>
      <dl className="flex flex-wrap gap-x-10 gap-y-3 max-wide:grid max-wide:grid-cols-2 max-wide:gap-x-4">
        <Figure name="Calls" value={whole.format(calls)} />
        <Figure
          name="Tokens read"
          value={whole.format(inputTokens)}
          note={cachedTokens > 0 ? `${whole.format(cachedTokens)} of them cached` : undefined}
        />
        <Figure name="Tokens written" value={whole.format(outputTokens)} />
        <Figure name="Cost" value={dollars(cost)} />
      </dl>
      {unpricedCalls > 0 && (
        <p className="mt-3 text-13 text-ink-2">
          {unpricedCalls === calls
            ? 'The models that were called have no price here, so their calls cost no money.'
            : `${whole.format(unpricedCalls)} of the calls were to models that have no price here, and cost no money.`}
        </p>
      )}
    </div>
  );
}

function Figure({ name, value, note }: { name: string; value: string; note?: string | undefined }) {
  return (
    <div className="flex flex-col">
      <dt className="text-13 text-ink-2">{name}</dt>
      <dd className="text-22 font-bold tabular-nums">{value}</dd>
      {note && <dd className="text-12 text-ink-3">{note}</dd>}
    </div>
  );
}
