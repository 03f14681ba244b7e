import { z } from 'zod';

/**
 * The parts of zod that describe the arguments of commands. They are few, because the page loads them as soon as someone types a
 * command.
 */
export const argumentTypes = {
  string: z.string,
  int: z.int,
  boolean: z.boolean,
  enum: z.enum,
  literal: z.literal,
  union: z.union,
  tuple: z.tuple,
};

export type ArgumentTypes = typeof argumentTypes;
