import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { errorMessage } from '../../client/errors.js';
import { Button } from '../../components/ui/button.js';
import { Notice } from '../../components/ui/notice.js';

/** A page of what the server lists. */
export interface ListedPage<Item> {
  items: Item[];
  /** Null at the end. */
  next: string | null;
}

interface PagedListProps<Item> {
  /** What is listed, for screen readers. */
  label: string;
  /** Names the list among all that were asked for. */
  of: readonly unknown[];
  load: (after: string | null) => Promise<ListedPage<Item>>;
  /** Said where nothing is listed. */
  empty: string;
  children: (item: Item) => ReactNode;
}

/** A list that is read a page at a time. Rows that are out of sight cost no layout: their class says `row-lazy`. */
export function PagedList<Item>({ label, of, load, empty, children }: PagedListProps<Item>) {
  const list = useInfiniteQuery({
    queryKey: ['admin', ...of],
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
  });
  if (list.error && !list.data) {
    return (
      <Notice title="The list could not be loaded" action={<Button onClick={() => void list.refetch()}>Try again</Button>}>
        {errorMessage(list.error)}
      </Notice>
    );
  }
  if (!list.data) {
    return (
      <div role="status" aria-label={`Loading ${label}`} className="flex flex-col gap-3">
        {[0, 1, 2, 3].map((row) => (
          <span key={row} className="skeleton h-12" />
        ))}
      </div>
    );
  }
  const items = list.data.pages.flatMap((page) => page.items);
  return (
    <div className="flex flex-col gap-4">
      {items.length === 0 ? (
        <p role="status" className="border-t border-line py-6 text-14 text-ink-2">
          {empty}
        </p>
      ) : (
        <ul aria-label={label} aria-busy={list.isFetching} className="border-t border-line">
          {items.map((item) => children(item))}
        </ul>
      )}
      {list.error && (
        <p role="alert" className="text-14 text-danger">
          {errorMessage(list.error)}
        </p>
      )}
      {list.hasNextPage && (
        <Button className="self-start" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
    </div>
  );
}
