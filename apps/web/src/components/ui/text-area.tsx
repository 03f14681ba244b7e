import type { ComponentProps } from 'react';
import { cx } from './class-names.js';
import { Field, type FieldProps } from './field.js';

export function TextArea({ label, hint, error, className, ...props }: ComponentProps<'textarea'> & FieldProps) {
  return (
    <Field label={label} hint={hint} error={error} className={className}>
      {(control) => (
        <textarea
          dir="auto"
          {...control}
          {...props}
          className={cx(control.className, 'block field-sizing-content max-h-80 min-h-20 resize-y py-2')}
        />
      )}
    </Field>
  );
}
