import { AppError, idSchema, maxMessageBytes } from '@parley/contracts';
import { commandFiles } from '@parley/contracts/commands';
import { z } from 'zod';
import { JsonSchemas } from '../../../rest/json-schemas.js';
import { awaitPrivateReply, awaitReply } from './await-reply.js';
import type { ToolCalls } from './tool-calls.js';
import type { McpTool } from './mcp-tool.js';

/** How long a tool waits for an answer, in seconds. Clients of the protocol give up after a minute unless they are told of progress. */
const waitSeconds = z.int().min(1).max(300).default(50).describe('How long to wait for the answer. After that, get_message has it.');

const askInput = z.object({
  character: z.string().min(1).max(64).describe('The handle of a character, such as ada; list_characters has them.'),
  question: z.string().min(1).max(maxMessageBytes),
  roomId: idSchema.optional().describe('A room that the character is in. Without one: the one-to-one room with the character.'),
  waitSeconds,
});

const summariseInput = z.object({
  roomId: idSchema,
  private: z.boolean().default(true).describe('False: the summary is said in the room, where everyone reads it.'),
  waitSeconds,
});

const summary = `/${commandFiles.summary.name}`;

const annotations = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false };

export const askCharacter: McpTool = {
  name: 'ask_character',
  description: 'Asks a character in a room, and waits for what it answers. Everyone in the room reads both.',
  inputSchema: schemaOf(askInput),
  annotations,
  operations: ['messages.send', 'messages.get', 'rooms.events'],
  async call(calls, given, tell) {
    const input = read(askInput, given);
    const handle = input.character.replace(/^@/, '').toLowerCase();
    const roomId = input.roomId ?? (await roomWith(calls, handle));
    return awaitReply(calls, { roomId, content: `@${handle} ${input.question}`, handle, waitMs: input.waitSeconds * 1_000 }, tell);
  },
};

export const summariseRoom: McpTool = {
  name: 'summarise_room',
  description: 'Summarises what was said in a room lately, and waits for the summary, which only the caller sees unless asked otherwise.',
  inputSchema: schemaOf(summariseInput),
  annotations,
  operations: ['messages.send', 'messages.get', 'rooms.events', 'inbox.events'],
  async call(calls, given, tell) {
    const { roomId, private: alone, waitSeconds: seconds } = read(summariseInput, given);
    const waitMs = seconds * 1_000;
    if (alone) return awaitPrivateReply(calls, { roomId, content: `${summary} private`, waitMs }, tell);
    return awaitReply(calls, { roomId, content: summary, handle: null, waitMs }, tell);
  },
};

/** The caller's one-to-one room with a character. @throws AppError CHARACTER_NOT_FOUND */
async function roomWith({ typed }: ToolCalls, handle: string): Promise<string> {
  const found = (await typed.characters.list()).find(({ character }) => character.handle === handle);
  if (!found) throw new AppError('CHARACTER_NOT_FOUND', undefined, { field: 'character' });
  return (await typed.rooms.direct({ characterId: found.character.id })).id;
}

/** What a tool takes, with what is said of each argument, which {@link JsonSchemas} leaves out. */
function schemaOf(schema: z.ZodObject): McpTool['inputSchema'] {
  const { properties = {}, ...rest } = new JsonSchemas().writeInput(schema);
  const described = Object.entries(properties).map(([name, field]) => {
    const { description } = schema.shape[name] as z.ZodType;
    return [name, { ...field, ...(description !== undefined && { description }) }];
  });
  return { ...rest, type: 'object', properties: Object.fromEntries(described) as typeof properties, additionalProperties: false };
}

/** @throws AppError VALIDATION */
function read<Schema extends z.ZodObject>(schema: Schema, given: Record<string, unknown>): z.infer<Schema> {
  const result = schema.strict().safeParse(given);
  if (result.success) return result.data as z.infer<Schema>;
  const [issue] = result.error.issues;
  const field = issue!.path.join('.');
  throw new AppError('VALIDATION', `${field === '' ? '' : `${field}: `}${issue!.message}.`, field === '' ? {} : { field });
}
