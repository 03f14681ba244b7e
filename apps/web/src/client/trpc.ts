import type { TRPCClient } from '@trpc/client';
import { createTRPCReact } from '@trpc/react-query';
import type { ParleyClient } from './types.js';

/** The server's router as the client package exposes it: the page does not import the API. */
export type AppRouter = ParleyClient['trpc'] extends TRPCClient<infer Router> ? Router : never;

/** Hooks for ordinary queries and mutations; the provider gives them the session's own client. */
export const trpc = createTRPCReact<AppRouter>();
