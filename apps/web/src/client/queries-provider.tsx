import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useClient } from './client-context.js';
import { trpc } from './trpc.js';

/**
 * What ordinary queries need. Rooms, messages and replies come from sessions, so only screens that are loaded on demand
 * ask queries, and this is loaded with the first of them.
 */
export function QueriesProvider({ children }: { children: ReactNode }) {
  const client = useClient();
  const [queryClient] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: { retry: 1, staleTime: 10_000 },
          // By default a mutation made offline would wait without a word and run when nobody expects it any more.
          mutations: { networkMode: 'always' },
        },
      }),
  );
  return (
    <trpc.Provider client={client.trpc} queryClient={queryClient}>
      <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
    </trpc.Provider>
  );
}
