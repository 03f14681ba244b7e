import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { amountOf, dollars, whole } from '../../components/ui/amounts.js';
import { cx } from '../../components/ui/class-names.js';
import { icon } from '../../components/ui/icon.js';
import { dayLabel, roundedUp, type UsageDay } from './usage-days.js';

type Unit = 'tokens' | 'cost';

const tokensOf = ({ inputTokens, outputTokens }: UsageDay) => inputTokens + outputTokens;

/** What was used on each day, as a chart; the same figures as a table stand behind it. */
export function UsageByDay({ days }: { days: readonly UsageDay[] }) {
  const costs = days.some(({ cost }) => cost > 0);
  const [chosen, setUnit] = useState<Unit>('tokens');
  const unit = costs ? chosen : 'tokens';
  return (
    <div>
      <div className="mb-2 flex items-center gap-4">
        <h3 className="mr-auto text-13 font-medium text-ink-2">By day (UTC)</h3>
        {costs && <Units unit={unit} onChange={setUnit} />}
      </div>
      <Chart days={days} unit={unit} />
      <details className="group/table mt-3 text-13">
        <summary className="-ml-1 flex min-h-7 w-fit cursor-pointer list-none items-center gap-1.5 rounded-chip px-1 text-ink-2 hover:text-ink max-wide:min-h-11 [&::-webkit-details-marker]:hidden">
          As a table
          <ChevronRight {...icon} size={14} className="shrink-0 text-ink-3 transition-transform group-open/table:rotate-90" />
        </summary>
        <Table days={days} />
      </details>
    </div>
  );
}

function Units({ unit, onChange }: { unit: Unit; onChange: (unit: Unit) => void }) {
  return (
    <fieldset className="flex gap-3 text-13">
      <legend className="sr-only">What the chart shows</legend>
      {(['tokens', 'cost'] as const).map((each) => (
        <label
          key={each}
          className={cx(
            'flex cursor-pointer items-center rounded-chip px-1 has-focus-visible:outline-2 has-focus-visible:outline-accent max-wide:h-11',
            each === unit
              ? 'font-medium text-ink underline decoration-accent decoration-2 underline-offset-4'
              : 'text-ink-2 hover:text-ink',
          )}
        >
          <input type="radio" name="unit" checked={each === unit} onChange={() => onChange(each)} className="sr-only" />
          {each === 'tokens' ? 'Tokens' : 'Cost'}
        </label>
      ))}
    </fieldset>
  );
}

/** In the drawing's own units: a day is 10 wide, the highest bar as high as the amount of its top line says. */
const [dayWidth, gap, height] = [10, 2, 100];

function Chart({ days, unit }: { days: readonly UsageDay[]; unit: Unit }) {
  const [pointed, setPointed] = useState<number | null>(null);
  const amount = (day: UsageDay) => (unit === 'cost' ? day.cost : tokensOf(day));
  const top = roundedUp(Math.max(...days.map(amount)));
  const at = pointed === null ? undefined : days[pointed];
  const width = days.length * dayWidth;
  const most = days.reduce((highest, day) => (amount(day) > amount(highest) ? day : highest));
  const label = `${unit === 'cost' ? 'Cost' : 'Tokens'} by day, from ${dayLabel(days[0]!.day)} to ${dayLabel(days.at(-1)!.day)}. The most was ${amountOf(unit, amount(most))}, on ${dayLabel(most.day)}.`;
  return (
    <div>
      {/* Holds its place, so that nothing moves under the pointer. */}
      <p aria-hidden="true" className="h-5 text-12 text-ink-3 tabular-nums">
        {at ? (
          <>
            {dayLabel(at.day)} · {whole.format(at.calls)} {at.calls === 1 ? 'call' : 'calls'} · {whole.format(at.inputTokens)} read ·{' '}
            {whole.format(at.outputTokens)} written{at.cost > 0 && ` · ${dollars(at.cost)}`}
          </>
        ) : (
          amountOf(unit, top)
        )}
      </p>
      <svg
        role="img"
        aria-label={label}
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        className="block h-36 w-full overflow-visible border-y border-line max-wide:h-28"
        onPointerLeave={() => setPointed(null)}
      >
        {days.map((day, index) => {
          const x = index * dayWidth;
          const written = unit === 'tokens' ? (day.outputTokens / top) * height : 0;
          const all = (amount(day) / top) * height;
          return (
            <g key={day.day} onPointerEnter={() => setPointed(index)}>
              <rect x={x} y={0} width={dayWidth} height={height} className={pointed === index ? 'fill-hover' : 'fill-transparent'} />
              {all > 0 && (
                <>
                  <rect
                    x={x + gap / 2}
                    y={height - all}
                    width={dayWidth - gap}
                    height={all}
                    className={unit === 'tokens' ? 'fill-accent/45' : 'fill-accent'}
                  />
                  <rect x={x + gap / 2} y={height - written} width={dayWidth - gap} height={written} className="fill-accent" />
                </>
              )}
            </g>
          );
        })}
      </svg>
      <p aria-hidden="true" className="mt-1 flex justify-between text-12 text-ink-3">
        <span>{dayLabel(days[0]!.day)}</span>
        {unit === 'tokens' && (
          <span className="flex gap-4">
            <Key look="bg-accent/45">read</Key>
            <Key look="bg-accent">written</Key>
          </span>
        )}
        <span>{dayLabel(days.at(-1)!.day)}</span>
      </p>
    </div>
  );
}

function Key({ look, children }: { look: string; children: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span className={cx('size-2 rounded-[2px]', look)} />
      {children}
    </span>
  );
}

/** The days on which something was used, the latest first. */
function Table({ days }: { days: readonly UsageDay[] }) {
  return (
    <table className="mt-1 w-full tabular-nums">
      <caption className="sr-only">What was used by day</caption>
      <thead className="text-12 text-ink-3">
        <tr>
          {['Day', 'Calls', 'Read', 'Written', 'Cost'].map((name) => (
            <th key={name} scope="col" className="py-1 text-right font-normal first:text-left">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {days
          .filter(({ calls }) => calls > 0)
          .toReversed()
          .map(({ day, calls, inputTokens, outputTokens, cost }) => (
            <tr key={day} className="border-t border-line">
              <th scope="row" className="py-1 text-left font-normal">
                {dayLabel(day)}
              </th>
              <td className="py-1 text-right">{whole.format(calls)}</td>
              <td className="py-1 text-right">{whole.format(inputTokens)}</td>
              <td className="py-1 text-right">{whole.format(outputTokens)}</td>
              <td className="py-1 text-right">{dollars(cost)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
