import { useId, type ComponentProps } from 'react';
import { cx } from './class-names.js';

interface TextFieldProps extends ComponentProps<'input'> {
  label: string;
  hint?: string;
  error?: string | undefined;
}

export function TextField({ label, hint, error, className, ...props }: TextFieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-13 font-medium text-ink-2">
        {label}
      </label>
      <input
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className={cx(
          'h-10 w-full rounded-control border bg-surface px-3 text-15 text-ink transition-colors outline-none focus:border-accent focus:ring-1 focus:ring-accent max-wide:text-16',
          error ? 'border-danger' : 'border-line-strong',
        )}
        {...props}
      />
      {note && (
        <p id={`${id}-note`} className={cx('mt-1.5 text-13', error ? 'text-danger' : 'text-ink-3')}>
          {note}
        </p>
      )}
    </div>
  );
}
