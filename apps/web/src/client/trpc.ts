import type { AppRouter } from '@parley/api';
import { createTRPCReact } from '@trpc/react-query';

/** Hooks for ordinary queries and mutations; the provider gives them the session's own client. */
export const trpc = createTRPCReact<AppRouter>();
