import type { ComponentProps } from 'react';
import { cx } from './class-names.js';

const looks = {
  primary: 'bg-accent text-on-accent hover:bg-accent/90 disabled:bg-accent/45',
  secondary: 'border border-line-strong bg-surface text-ink hover:bg-hover disabled:text-ink-3',
  quiet: 'text-ink-2 hover:bg-hover hover:text-ink disabled:text-ink-3',
  danger: 'border border-line-strong bg-surface text-danger hover:bg-hover disabled:text-ink-3',
} as const;

const sizes = {
  small: 'h-6 px-2 text-12',
  medium: 'h-[30px] px-3 text-14',
  large: 'h-10 px-4 text-15',
} as const;

/** On touch screens the area that reacts is larger than the visible button. */
const reach = "max-wide:relative max-wide:after:absolute max-wide:after:inset-x-0 max-wide:after:-inset-y-2 max-wide:after:content-['']";

interface ButtonProps extends ComponentProps<'button'> {
  look?: keyof typeof looks;
  size?: keyof typeof sizes;
}

export function Button({ look = 'secondary', size = 'medium', className, type = 'button', ...props }: ButtonProps) {
  return (
    <button
      type={type}
      className={cx(
        'inline-flex shrink-0 items-center justify-center gap-2 rounded-control font-medium whitespace-nowrap transition-colors duration-150 ease-quiet disabled:cursor-default',
        looks[look],
        sizes[size],
        size !== 'large' && reach,
        className,
      )}
      {...props}
    />
  );
}

/** A square button that shows only an icon; `label` is its name. */
export function IconButton({ label, className, type = 'button', ...props }: ComponentProps<'button'> & { label: string }) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={cx(
        'grid size-8 shrink-0 place-items-center rounded-control text-ink-2 transition-colors duration-150 ease-quiet hover:bg-hover hover:text-ink disabled:cursor-default disabled:text-ink-3',
        className,
      )}
      {...props}
    />
  );
}
