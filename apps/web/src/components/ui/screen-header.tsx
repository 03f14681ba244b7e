import { Link } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { icon } from './icon.js';

/** The bar above any screen: on a phone with the way back to the list of rooms. */
export function ScreenHeader({ title, subtitle, children }: { title: ReactNode; subtitle?: string | undefined; children?: ReactNode }) {
  return (
    <header className="flex h-14 shrink-0 items-center gap-3 border-b border-line px-5 max-wide:gap-1 max-wide:px-2">
      <Link
        to="/"
        aria-label="Back to rooms"
        className="grid size-10 shrink-0 place-items-center rounded-control text-ink hover:bg-hover wide:hidden"
      >
        <ChevronLeft {...icon} size={20} />
      </Link>
      <h1 className="truncate text-16 font-bold">{title}</h1>
      {subtitle && (
        <p dir="auto" title={subtitle} className="min-w-0 flex-1 truncate text-left text-14 text-ink-3 max-wide:hidden">
          {subtitle}
        </p>
      )}
      <div className="ml-auto flex shrink-0 items-center gap-1">{children}</div>
    </header>
  );
}
