import { RouterProvider } from '@tanstack/react-router';
import { ClientContext } from '../client/client-context.js';
import type { ParleyClient } from '../client/types.js';
import type { createAppRouter } from './router.js';

/** The whole page, for a given client and router. */
export function App({ client, router }: { client: ParleyClient; router: ReturnType<typeof createAppRouter> }) {
  return (
    <ClientContext value={client}>
      <RouterProvider router={router} />
    </ClientContext>
  );
}
