import { AppError, type modelsCompleteInput } from '@parley/contracts';
import { z } from 'zod';

/** Text, or parts of it. A part of another type fits too, so that the refusal can name it. */
const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))], 'must be a text, or a list of parts with a type');
const message = z.looseObject({ role: z.string(), content: content.nullish(), tool_calls: z.array(z.unknown()).nullish() });

/** What is read of a request; other fields are ignored, as OpenAI does. */
const chatRequest = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  stop: z.union([z.string(), z.array(z.string())], 'must be a text, or a list of up to four').nullish(),
  max_tokens: z.number().nullish(),
  max_completion_tokens: z.number().nullish(),
  temperature: z.number().nullish(),
  n: z.number().nullish(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({})]).nullish(),
  modalities: z.array(z.string()).nullish(),
  logprobs: z.boolean().nullish(),
});

type Message = z.infer<typeof message>;

export interface ChatRequest {
  input: z.input<typeof modelsCompleteInput>;
  stream: boolean;
  includeUsage: boolean;
  /** The caller's names of fields that are called otherwise in the input. */
  params: Record<string, string>;
}

/**
 * Reads a request for a chat completion.
 *
 * @throws AppError VALIDATION, with the caller's own name of the field at fault
 */
export function readChatRequest(body: unknown): ChatRequest {
  const parsed = chatRequest.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue!.path.map(String).join('.');
    throw refusal(path, path === '' ? 'The body must be a JSON object.' : `${paramOf(path)}: ${issue!.message}.`);
  }
  const request = parsed.data;
  if ((request.n ?? 1) !== 1) throw refusal('n', 'n: only one answer is given to a call. Call again for another.');
  if ((request.response_format?.type ?? 'text') !== 'text') {
    throw refusal('response_format', 'response_format: characters answer in text. Ask for the form in a message.');
  }
  const { tool_choice: choice } = request;
  if (choice === 'required' || typeof choice === 'object') {
    if (choice !== null) throw refusal('tool_choice', 'tool_choice: characters call no tools.');
  }
  if (request.modalities?.some((each) => each !== 'text')) throw refusal('modalities', 'modalities: characters answer in text.');
  if (request.logprobs) throw refusal('logprobs', 'logprobs: the probabilities of an answer are not known.');
  const own = request.max_completion_tokens != null ? 'max_completion_tokens' : 'max_tokens';
  const { stop } = request;
  return {
    input: {
      model: request.model,
      messages: request.messages.map(({ ...each }, index) => ({ role: roleOf(each, index), content: textOf(each, index) })),
      temperature: request.temperature,
      maxTokens: request[own],
      stop: stop == null ? [] : [stop].flat(),
      stream: request.stream ?? false,
    },
    stream: request.stream ?? false,
    includeUsage: request.stream_options?.include_usage ?? false,
    params: { maxTokens: own },
  };
}

function roleOf({ role }: Message, index: number): 'system' | 'user' | 'assistant' {
  switch (role) {
    case 'system':
    case 'developer':
      return 'system';
    case 'user':
    case 'assistant':
      return role;
    case 'tool':
    case 'function':
      throw refusal(`messages.${index}.role`, `messages[${index}].role: characters call no tools, so nothing can be the result of one.`);
    default:
      throw refusal(`messages.${index}.role`, `messages[${index}].role: must be system, developer, user or assistant.`);
  }
}

function textOf({ role, content: given, tool_calls: calls }: Message, index: number): string {
  if (typeof given === 'string') return given;
  if (given == null) {
    if (role === 'assistant' && !calls?.length) return '';
    throw refusal(`messages.${index}.content`, `messages[${index}].content: must be a text. Tool calls are not supported.`);
  }
  return given
    .map((part, at) => {
      const text = part.type === 'text' ? part['text'] : part.type === 'refusal' ? part['refusal'] : undefined;
      if (typeof text === 'string') return text;
      const field = `messages.${index}.content.${at}`;
      if (part.type === 'text' || part.type === 'refusal') throw refusal(field, `${paramOf(field)}: must have a ${part.type}.`);
      throw refusal(field, `${paramOf(field)}: characters read text only, no ${part.type === 'image_url' ? 'images' : 'files or sounds'}.`);
    })
    .join('');
}

function refusal(field: string, sentence: string): AppError {
  return new AppError('VALIDATION', sentence, field === '' ? {} : { field });
}

function paramOf(path: string): string {
  return path.replace(/\.(\d+)/g, '[$1]');
}
