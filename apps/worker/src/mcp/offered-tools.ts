import { cutText, maxMcpDescriptionLength, maxMcpToolNameLength, maxMcpTools } from '@parley/contracts';
import { z } from 'zod';
import { plainSchema } from './plain-schema.js';

/** A tool that a server offers, within our bounds. */
export interface OfferedTool {
  /** As the server calls it. */
  name: string;
  description: string;
  /** Of its arguments, with what all providers take. */
  inputSchema: Record<string, unknown>;
  /** Whether the server says that a call only reads. */
  readOnly: boolean;
}

const toolSchema = z.object({
  name: z.string().min(1).max(maxMcpToolNameLength),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown(),
  annotations: z
    .object({ readOnlyHint: z.boolean().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

/** The tools in a server's list: those that can be called by a name of their own, the first ones. */
export function offeredTools(listed: readonly unknown[]): OfferedTool[] {
  const tools = new Map<string, OfferedTool>();
  for (const each of listed) {
    const parsed = toolSchema.safeParse(each);
    // Of two with one name only one could be called, and nobody could say which.
    if (!parsed.success || tools.has(parsed.data.name) || !isStorable(parsed.data.name)) continue;
    const { name, description = '', inputSchema, annotations } = parsed.data;
    tools.set(name, {
      name,
      description: cutText(
        description
          .slice(0, 4 * maxMcpDescriptionLength)
          .replaceAll('\0', '')
          .toWellFormed()
          .trim(),
        maxMcpDescriptionLength,
      ),
      inputSchema: plainSchema(inputSchema),
      readOnly: annotations?.readOnlyHint === true,
    });
    if (tools.size === maxMcpTools) break;
  }
  return [...tools.values()];
}

/** A name is kept with a character, by itself on a line of a form. */
function isStorable(name: string): boolean {
  return name.isWellFormed() && !/\p{Cc}/u.test(name) && name.trim() === name;
}
