import type { JSONObject, LanguageModelV3CallOptions, SharedV3ProviderOptions } from '@ai-sdk/provider';
import { builtInProvider } from '@parley/contracts';
import { z } from 'zod';
import type { PromptContext, PromptTask } from '@parley/core/prompts/prompt-context';

const contextSchema = z.object({
  task: z.object({
    kind: z.string(),
    question: z.string().nullable(),
    scope: z.custom<PromptTask['scope']>(),
    data: z.custom<PromptTask['data']>().optional(),
  }),
  character: z.object({ name: z.string(), handle: z.string(), systemPrompt: z.string() }),
  addressee: z.object({ name: z.string(), handle: z.string(), isCharacter: z.boolean(), isBot: z.boolean().optional() }),
  triggerMessageId: z.string(),
  askedAt: z.string(),
  messages: z.array(
    z.object({
      id: z.string(),
      own: z.boolean(),
      fromCharacter: z.boolean(),
      imported: z.boolean().optional(),
      bot: z.boolean().optional(),
      name: z.string(),
      handle: z.string(),
      content: z.string(),
      createdAt: z.string(),
      place: z.object({ roomId: z.string(), seq: z.number() }).exactOptional(),
    }),
  ),
  rooms: z.array(z.object({ id: z.string(), name: z.string(), direct: z.boolean(), leftOut: z.number() })).exactOptional(),
  earlier: z.string().nullable(),
  notes: z
    .array(z.object({ id: z.string(), number: z.number(), text: z.string(), name: z.string(), handle: z.string(), writtenAt: z.string() }))
    .exactOptional(),
});

/** The context as provider options of a call: messages reach the built-in model as they are, not as prose to be parsed back. */
export function builtInPrompt(context: PromptContext): SharedV3ProviderOptions {
  return { [builtInProvider]: { context: context as unknown as JSONObject } };
}

/** @throws TypeError when the call does not carry a {@link builtInPrompt} */
export function readBuiltInPrompt(options: Pick<LanguageModelV3CallOptions, 'providerOptions'>): PromptContext {
  const parsed = contextSchema.safeParse(options.providerOptions?.[builtInProvider]?.['context']);
  if (!parsed.success) throw new TypeError('the built-in model was called without builtInPrompt(context)', { cause: parsed.error });
  return parsed.data;
}
