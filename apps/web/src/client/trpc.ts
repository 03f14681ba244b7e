import type { TRPCClient } from '@trpc/client';
import { createTRPCReact } from '@trpc/react-query';
import type { ParleyClient } from './types.js';

/** The server's router, as the client knows it: the page itself knows nothing of the server. */
export type AppRouter = ParleyClient['trpc'] extends TRPCClient<infer Router> ? Router : never;

/** Hooks for ordinary queries and mutations; the provider gives them the session's own client. */
export const trpc = createTRPCReact<AppRouter>();
