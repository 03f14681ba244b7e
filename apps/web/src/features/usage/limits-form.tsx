import type { SetLimits } from '@parley/contracts';
import { useState, type FormEvent } from 'react';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { TextField } from '../../components/ui/text-field.js';
import { limitFieldsOf, limitNames, readLimit, type LimitFields } from './limit-fields.js';

const labels: LimitFields = {
  dayTokens: 'Tokens a day',
  monthTokens: 'Tokens a month',
  dayCost: 'Dollars a day',
  monthCost: 'Dollars a month',
};

interface LimitsFormProps {
  /** What is set now. */
  set: SetLimits;
  /** What the limits hold for. */
  means: string;
  onSubmit: (limits: SetLimits) => Promise<unknown>;
}

/** Sets what calls may use. */
export function LimitsForm({ set, means, onSubmit }: LimitsFormProps) {
  const [fields, setFields] = useState(() => limitFieldsOf(set));
  const [checked, setChecked] = useState(false);
  const [saved, setSaved] = useState(false);
  const { busy, problem, field, call } = useCall();
  const wrong = (name: keyof SetLimits) => {
    if (checked && readLimit(name, fields[name]) === undefined)
      return name.endsWith('Cost')
        ? 'Write an amount above 0, such as 2.50, or leave it empty.'
        : 'Write a whole number above 0, or leave it empty.';
    return (field === name && problem) || undefined;
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    setSaved(false);
    const read = Object.fromEntries(limitNames.map((name) => [name, readLimit(name, fields[name])]));
    if (Object.values(read).includes(undefined)) return;
    setSaved(await call(() => onSubmit(read as unknown as SetLimits)));
  };
  return (
    <section aria-label="Set limits">
      <h2 className="mb-3 border-b border-line pb-1.5 text-15 font-bold">Set limits</h2>
      <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-4">
        <p className="text-14 text-ink-2">{means} Leave a field empty to set none. Days and months are those of UTC.</p>
        <div className="grid max-w-[520px] grid-cols-2 gap-x-3 gap-y-4">
          {limitNames.map((name) => (
            <TextField
              key={name}
              label={labels[name]}
              inputMode="decimal"
              autoComplete="off"
              placeholder="none"
              value={fields[name]}
              onChange={(event) => {
                setFields({ ...fields, [name]: event.target.value });
                setSaved(false);
              }}
              error={wrong(name)}
            />
          ))}
        </div>
        {problem && !limitNames.some((name) => name === field) && (
          <p role="alert" className="text-14 text-danger">
            {problem}
          </p>
        )}
        <div className="flex items-center gap-3">
          <Button look="primary" type="submit" disabled={busy}>
            Save limits
          </Button>
          {saved && (
            <span role="status" className="text-13 text-ink-2">
              Saved. They hold from now on.
            </span>
          )}
        </div>
      </form>
    </section>
  );
}
