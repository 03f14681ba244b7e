import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';

/** A link where a button would stand. */
export function LinkButton({ to, children }: { to: LinkProps['to'] & string; children: ReactNode }) {
  return (
    <Link
      to={to}
      className="inline-flex h-[30px] items-center rounded-control border border-line-strong bg-surface px-3 text-14 font-medium hover:bg-hover"
    >
      {children}
    </Link>
  );
}
