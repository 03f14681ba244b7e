import type { AnyTRPCRouter, TrackedEnvelope } from '@trpc/server';
import type { z } from 'zod';

/**
 * What a procedure may answer, as its `.output`. The compiler holds the resolver to it; `AnswerCheck` parses by it, in tests and in
 * development.
 */
export interface Declared<T> {
  /** Only tRPC's types need this: it returns its argument. `procedure` keeps tRPC from calling it. */
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

/** Declares which events a subscription may send. */
export function declaredEvents<Schema extends z.ZodType>(schema: Schema): Declared<AsyncIterable<z.infer<Schema>, void, undefined>> {
  return declaring(schema);
}

/** Declares which events a subscription may send, where events have ids and the subscription resumes from one. */
export function declaredTracked<Schema extends z.ZodType>(
  schema: Schema,
): Declared<AsyncIterable<TrackedEnvelope<z.infer<Schema>>, void, undefined>> {
  return declaring(schema);
}

function declaring<T>(schema: z.ZodType): Declared<T> {
  return Object.assign((answer: unknown) => answer as T, { declares: schema });
}

/** The declared output of each procedure, by the procedure's name. @throws TypeError for a procedure that declares nothing */
export function declaredOutputs(router: AnyTRPCRouter): Map<string, z.ZodType> {
  return new Map(
    Object.entries(router._def.procedures).map(([name, procedure]) => {
      const { meta } = (procedure as { _def: { meta?: ProcedureMeta } })._def;
      if (!meta?.declares) throw new TypeError(`${name} declares no output`);
      return [name, meta.declares];
    }),
  );
}
