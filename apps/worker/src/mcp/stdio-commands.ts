import { maxMcpServerNameLength } from '@parley/contracts';
import { z } from 'zod';
import type { StdioCommand } from './stdio-transport.js';

const commandSchema = z.strictObject({
  command: z.string().min(1),
  args: z.string().array().default([]),
  /** Names of variables of ours that the process is given. */
  env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .array()
    .default([]),
});

/** What `MCP_STDIO` lists, by name. `env`: names of variables. */
export type StdioCommands = Record<string, { command: string; args: string[]; env: string[] }>;

/**
 * Reads which commands may be MCP servers, by the names that admins choose from.
 *
 * @param text JSON; empty for none
 * @throws StdioCommandsError that says what is wrong
 */
export function readStdioCommands(text: string): StdioCommands {
  if (text === '') return {};
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new StdioCommandsError('it is no JSON', { cause: error });
  }
  const parsed = z.record(z.string().min(1).max(maxMcpServerNameLength), commandSchema).safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StdioCommandsError([...(issue?.path.map(String) ?? []), issue?.message].join(': '));
}

export class StdioCommandsError extends Error {
  override readonly name = 'StdioCommandsError';
}

/** The commands with the values of the variables that each is given. @param variables our own environment */
export function commandsWith(
  commands: StdioCommands,
  variables: Readonly<Record<string, string | undefined>>,
): Record<string, StdioCommand> {
  return Object.fromEntries(
    Object.entries(commands).map(([name, { command, args, env }]) => [
      name,
      { command, args, env: Object.fromEntries(env.flatMap((each) => (variables[each] === undefined ? [] : [[each, variables[each]]]))) },
    ]),
  );
}
