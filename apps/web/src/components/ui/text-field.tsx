import type { ComponentProps } from 'react';
import { cx } from './class-names.js';
import { Field, type FieldProps } from './field.js';

export function TextField({ label, hint, error, className, ...props }: ComponentProps<'input'> & FieldProps) {
  return (
    <Field label={label} hint={hint} error={error} className={className}>
      {(control) => <input dir="auto" {...control} {...props} className={cx(control.className, 'h-10')} />}
    </Field>
  );
}
