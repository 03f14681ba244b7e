import { Link, type LinkProps } from '@tanstack/react-router';

/** A link where a button would stand. */
export function LinkButton(props: LinkProps & { 'aria-label'?: string }) {
  return (
    <Link
      {...props}
      className="inline-flex h-[30px] shrink-0 items-center rounded-control border border-line-strong bg-surface px-3 text-14 font-medium hover:bg-hover"
    />
  );
}
