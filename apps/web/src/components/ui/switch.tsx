import { cx } from './class-names.js';

/** A switch that takes effect at once. `label` is its accessible name; the text beside it says what it means. */
export function Switch({ label, checked, onChange }: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <button
      type="button"
      role="switch"
      aria-label={label}
      aria-checked={checked}
      onClick={() => onChange(!checked)}
      className={cx(
        // What is pressed is larger than what is seen: a finger needs 44 px.
        'relative h-5 w-9 shrink-0 rounded-full border after:absolute after:-inset-3 transition-colors duration-150',
        checked ? 'border-accent bg-accent' : 'border-line-strong bg-hover',
      )}
    >
      <span
        className={cx(
          'absolute top-0.5 left-0.5 size-3.5 rounded-full transition-[translate,background] duration-150 ease-quiet',
          checked ? 'translate-x-4 bg-on-accent' : 'bg-ink-3',
        )}
      />
    </button>
  );
}
