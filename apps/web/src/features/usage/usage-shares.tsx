import type { UsageSum } from '@parley/contracts';
import { dollars, whole } from '../../components/ui/amounts.js';
import { cx } from '../../components/ui/class-names.js';
import { ShareBar } from './share-bar.js';

interface Row {
  name: string;
  mono: boolean;
  sum: UsageSum;
}

/** What each of several used, those that cost most first, with a bar for its part of the tokens. */
export function UsageShares({ title, head, rows }: { title: string; head: string; rows: readonly Row[] }) {
  const tokens = ({ inputTokens, outputTokens }: UsageSum) => inputTokens + outputTokens;
  const all = Math.max(
    1,
    rows.reduce((sum, row) => sum + tokens(row.sum), 0),
  );
  return (
    <table className="w-full text-14">
      <caption className="mb-1 text-left text-13 font-medium text-ink-2">{title}</caption>
      <thead className="text-12 text-ink-3">
        <tr>
          <th scope="col" className="py-1 text-left font-normal">
            {head}
          </th>
          <th scope="col" className="w-16 py-1 text-right font-normal max-wide:hidden">
            Calls
          </th>
          <th scope="col" className="w-28 py-1 text-right font-normal">
            Tokens
          </th>
          <th scope="col" className="w-20 py-1 text-right font-normal">
            Cost
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, mono, sum }, index) => (
          <tr key={index} className="border-t border-line align-baseline">
            <th scope="row" className="py-2 pr-4 text-left font-normal">
              <span dir="auto" className={cx('mb-1 block wrap-anywhere', mono && 'font-mono text-13')}>
                {name}
              </span>
              <ShareBar share={tokens(sum) / all} />
            </th>
            <td className="py-2 text-right tabular-nums max-wide:hidden">{whole.format(sum.calls)}</td>
            <td className="py-2 text-right tabular-nums">{whole.format(tokens(sum))}</td>
            <td className="py-2 text-right tabular-nums">{sum.unpricedCalls === sum.calls ? 'no price' : dollars(sum.cost)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
