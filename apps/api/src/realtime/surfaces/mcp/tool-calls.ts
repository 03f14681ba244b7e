import { randomUUID } from 'node:crypto';
import { AppError, operationNamed, type ProcedureName } from '@parley/contracts';
import type { AnyTRPCProcedure } from '@trpc/server';
import { appRouter } from '../../../app-router.js';
import { callProcedures, type ProcedureCaller } from '../../../call-procedures.js';
import type { Context } from '../../../context.js';
import { unknownField } from '../../../rest/input-fields.js';
import { inputSchemaOf } from '../../../rest/serve-endpoint.js';

const procedures = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>;

/** What tools do their work by: procedures, and nothing else. */
export interface ToolCalls {
  /** Procedures by their names; a subscription ends with the signal. */
  readonly typed: ProcedureCaller;
  /** The same, whose subscriptions end with this signal too. */
  until(signal: AbortSignal): ProcedureCaller;
  /** Calls the procedure of a name with what a stranger gave. */
  call(name: ProcedureName, input: Record<string, unknown>): Promise<unknown>;
}

/** @param signal aborts when the caller has hung up */
export function toolCalls(ctx: Context, signal: AbortSignal): ToolCalls {
  return {
    typed: callProcedures(ctx, { signal }),
    until: (other) => callProcedures(ctx, { signal: AbortSignal.any([signal, other]) }),
    async call(name, input) {
      const schema = inputSchemaOf(name);
      const unknown = schema ? unknownField(schema, input) : Object.keys(input)[0];
      if (unknown != null)
        throw new AppError('VALIDATION', `${JSON.stringify(unknown.slice(0, 100))} is no argument of this tool.`, {
          field: unknown.slice(0, 100),
        });
      const { _def } = procedures[name] as unknown as { _def: { type: 'query' | 'mutation' } };
      const made = operationNamed(name).repeat === 'byClientId' ? { clientId: randomUUID() } : {};
      const whole = schema ? { ...made, ...input } : undefined;
      return procedures[name]!({ ctx, path: name, type: _def.type, getRawInput: async () => whole, signal, batchIndex: 0 });
    },
  };
}
