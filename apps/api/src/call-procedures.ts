import { appRouter } from './app-router.js';
import { createCallerFactory } from './trpc.js';

/** Calls procedures as tRPC does, for the other surfaces: with the same access, limits, metrics and checks. */
export const callProcedures = createCallerFactory(appRouter);

export type ProcedureCaller = ReturnType<typeof callProcedures>;
