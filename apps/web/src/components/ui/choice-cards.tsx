import { cx } from './class-names.js';

interface ChoiceCardsProps<T extends string> {
  legend: string;
  name: string;
  choices: readonly { value: T; label: string; means: string }[];
  value: T;
  disabled?: boolean;
  onChange: (value: T) => void;
}

/** A choice between two or three options, each with an explanation. */
export function ChoiceCards<T extends string>({ legend, name, choices, value, disabled, onChange }: ChoiceCardsProps<T>) {
  return (
    <fieldset className="grid grid-cols-2 gap-2" disabled={disabled}>
      <legend className="mb-1.5 text-13 font-medium text-ink-2">{legend}</legend>
      {choices.map((choice) => (
        <label
          key={choice.value}
          className={cx(
            'rounded-control border p-2.5 transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent',
            value === choice.value ? 'border-accent bg-accent-soft' : 'border-line-strong',
            disabled ? 'opacity-60' : 'cursor-pointer',
            !disabled && value !== choice.value && 'hover:bg-hover',
          )}
        >
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={value === choice.value}
            onChange={() => onChange(choice.value)}
            className="sr-only"
          />
          <span className="block text-14 font-medium">{choice.label}</span>
          <span className="block text-13 text-ink-2">{choice.means}</span>
        </label>
      ))}
    </fieldset>
  );
}
