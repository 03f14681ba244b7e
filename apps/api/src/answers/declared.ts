import type { AnyTRPCRouter, TrackedEnvelope } from '@trpc/server';
import type { z } from 'zod';

/** What a procedure may answer, as its `.output`. The compiler holds the resolver to it; `AnswerCheck` parses, in tests and in development. */
export interface Declared<T> {
  /** For tRPC's types: gives back what it is given. `procedure` keeps it from being called. */
  (answer: unknown): T;
  readonly declares: z.ZodType;
}

/** What is kept of a procedure's declaration. */
export interface ProcedureMeta {
  declares?: z.ZodType;
}

export function declared<Schema extends z.ZodType>(schema: Schema): Declared<z.infer<Schema>> {
  return declaring(schema);
}

/** Of a subscription: what its events may be. */
export function declaredEvents<Schema extends z.ZodType>(schema: Schema): Declared<AsyncIterable<z.infer<Schema>, void, undefined>> {
  return declaring(schema);
}

/** Of a subscription whose events have ids, from which it resumes. */
export function declaredTracked<Schema extends z.ZodType>(
  schema: Schema,
): Declared<AsyncIterable<TrackedEnvelope<z.infer<Schema>>, void, undefined>> {
  return declaring(schema);
}

function declaring<T>(schema: z.ZodType): Declared<T> {
  return Object.assign((answer: unknown) => answer as T, { declares: schema });
}

/** What each procedure declares, by its name. @throws TypeError for one that declares nothing */
export function declaredOutputs(router: AnyTRPCRouter): Map<string, z.ZodType> {
  return new Map(
    Object.entries(router._def.procedures).map(([name, procedure]) => {
      const { meta } = (procedure as { _def: { meta?: ProcedureMeta } })._def;
      if (!meta?.declares) throw new TypeError(`${name} declares no output`);
      return [name, meta.declares];
    }),
  );
}
