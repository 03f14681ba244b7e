import type { ReactNode } from 'react';
import { errorMessage } from '../../client/errors.js';
import { Button } from '../../components/ui/button.js';

/** A list or a form of a part of the administration, with what it is for. */
export function AdminSection({ title, about, children }: { title: string; about: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-3">
      <div>
        <h3 className="border-b border-line pb-1.5 text-15 font-bold">{title}</h3>
        <p className="mt-2 max-w-[600px] text-14 text-ink-2">{about}</p>
      </div>
      {children}
    </section>
  );
}

interface AskedProps<T> {
  /** A query of what is shown. */
  asked: { data: T | undefined; error: unknown; refetch: () => unknown };
  loading: string;
  children: (data: T) => ReactNode;
}

/** What a query found, or why it did not. */
export function Asked<T>({ asked: { data, error, refetch }, loading, children }: AskedProps<T>) {
  if (data !== undefined) return children(data);
  if (error) {
    return (
      <p role="alert" className="flex flex-wrap items-center gap-3 text-14 text-danger">
        {errorMessage(error)}
        <Button size="small" onClick={() => void refetch()}>
          Try again
        </Button>
      </p>
    );
  }
  return <span role="status" aria-label={loading} className="skeleton block h-12" />;
}
