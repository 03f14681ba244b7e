import type { ReactNode } from 'react';

/** Shown where a place is empty or could not be loaded: says what is the case and what to do. */
export function Notice({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="m-auto flex max-w-[360px] flex-col items-center gap-2 p-8 text-center">
      <h2 className="text-16 font-bold">{title}</h2>
      {children && <p className="text-14 text-ink-2">{children}</p>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}
