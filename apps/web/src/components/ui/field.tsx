import { useId, type ReactNode } from 'react';
import { cx } from './class-names.js';

export interface FieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  className?: string | undefined;
}

interface Labelled {
  id: string;
  'aria-invalid': true | undefined;
  'aria-describedby': string | undefined;
  className: string;
}

/** A label above a control and a note below it, tied to it for screen readers. */
export function Field({ label, hint, error, className, children }: FieldProps & { children: (control: Labelled) => ReactNode }) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-13 font-medium text-ink-2">
        {label}
      </label>
      {children({
        id,
        'aria-invalid': error ? true : undefined,
        'aria-describedby': note ? `${id}-note` : undefined,
        className: cx(
          'w-full rounded-control border bg-surface px-3 text-15 text-ink transition-colors outline-none focus:border-accent focus:ring-1 focus:ring-accent max-wide:text-16',
          error ? 'border-danger' : 'border-line-strong',
        ),
      })}
      {/* There before its error is, so that screen readers say it also where the focus stays. */}
      <div aria-live="polite">
        {note && (
          <p id={`${id}-note`} className={cx('mt-1.5 text-13', error ? 'text-danger' : 'text-ink-3')}>
            {note}
          </p>
        )}
      </div>
    </div>
  );
}
