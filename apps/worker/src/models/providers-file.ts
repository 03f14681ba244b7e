import { readFileSync } from 'node:fs';
import { agentModel, builtInProvider, namedModels } from '@parley/contracts';
import { z } from 'zod';

/** A provider of the operator's own list, as the file that `PROVIDERS` names says it. docs/ai.md has an example. */
export interface ListedProvider {
  /** What stands before the colon in names of its models. */
  name: string;
  protocol: 'openai' | 'anthropic' | 'google';
  /** Where it is; the version at its end may be missing. */
  baseUrl: string;
  /** The variable that holds its key. @default it needs none */
  keyVariable?: string | undefined;
}

/** Names that variables of their own configure, or that are no provider. */
const taken: readonly string[] = [...Object.keys(namedModels), builtInProvider, agentModel];

const providerSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z-]{0,31}$/, 'write up to 32 small letters and “-”, the first a letter')
    .refine((name) => !taken.includes(name), `choose another name than ${taken.join(', ')}`),
  protocol: z.enum(['openai', 'anthropic', 'google'], 'write openai, anthropic or google'),
  baseUrl: z.url({ protocol: /^https?$/, error: 'write an address that begins with http:// or https://' }),
  keyVariable: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'write the name of a variable, such as TOGETHER_API_KEY')
    .optional(),
});

const fileSchema = z
  .array(providerSchema, 'write a list of providers')
  .max(50, 'name at most 50 providers')
  .superRefine((providers, context) => {
    for (const [index, { name }] of providers.entries()) {
      if (providers.findIndex((other) => other.name === name) < index)
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `“${name}” is there twice` });
    }
  });

/** Thrown for a file of providers that is none. The message says where and what was expected, and repeats nothing of the file. */
export class ProvidersFileError extends Error {
  override readonly name = 'ProvidersFileError';
}

/** Reads the file that `PROVIDERS` names. @throws ProvidersFileError */
export function readProvidersFile(file: string): ListedProvider[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ProvidersFileError(
      code === undefined ? 'it is no JSON' : code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`,
    );
  }
  const read = fileSchema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = issue!.path.map((part) => (typeof part === 'number' ? `provider ${part + 1}` : String(part))).join(', ');
  throw new ProvidersFileError(`${place === '' ? '' : `${place}: `}${issue!.message}`);
}
