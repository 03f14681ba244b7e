import type { ReactNode } from 'react';

interface NoticeProps {
  title: string;
  /** `h1` where the notice is all that the screen is about. */
  heading?: 'h1' | 'h2';
  children?: ReactNode;
  action?: ReactNode;
}

/** Shown where a place is empty or could not be loaded: says what is the case and what to do. */
export function Notice({ title, heading: Heading = 'h2', children, action }: NoticeProps) {
  return (
    <div className="m-auto flex max-w-[360px] flex-col items-center gap-2 p-8 text-center">
      <Heading className="text-16 font-bold">{title}</Heading>
      {children && <p className="text-14 text-ink-2">{children}</p>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}
