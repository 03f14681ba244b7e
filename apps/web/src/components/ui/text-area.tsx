import { useId, type ComponentProps } from 'react';
import { cx } from './class-names.js';

interface TextAreaProps extends ComponentProps<'textarea'> {
  label: string;
  hint?: string;
  error?: string | undefined;
}

export function TextArea({ label, hint, error, className, ...props }: TextAreaProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-13 font-medium text-ink-2">
        {label}
      </label>
      <textarea
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className={cx(
          'block field-sizing-content max-h-80 min-h-20 w-full resize-y rounded-control border bg-surface px-3 py-2 text-15 text-ink transition-colors outline-none focus:border-accent focus:ring-1 focus:ring-accent max-wide:text-16',
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
