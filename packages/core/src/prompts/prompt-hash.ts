import { createHash } from 'node:crypto';
import type { PromptTurn } from './build-prompt.js';
import type { PromptContext } from './prompt-context.js';

/** SHA-256 in hex of a prompt or, for the built-in model, of the context that it reads, as JSON. */
export function promptHash(prompt: readonly PromptTurn[] | PromptContext): string {
  const hash = createHash('sha256');
  if (!('messages' in prompt)) return hash.update(JSON.stringify(prompt)).digest('hex');
  const { messages, ...rest } = prompt;
  hash.update(JSON.stringify(rest));
  for (const message of messages) hash.update(JSON.stringify(message));
  return hash.digest('hex');
}
