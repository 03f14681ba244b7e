import type { LanguageModelV3Prompt } from '@ai-sdk/provider';
import { builtInProvider } from '@parley/contracts';
import type { ClaimedCompletion } from '@parley/core/completions/completion';
import { builtInPrompt } from '../models/built-in-codec.js';
import { ModelError, ModelFailed, toReplyFailure } from '../models/model-errors.js';
import type { PromptContext } from '@parley/core/prompts/prompt-context';
import type { ResolvedModel } from '../models/providers.js';
import { estimatePromptTokens } from '@parley/core/prompts/build-prompt';
import type { PrepareSettings } from './prepare-call.js';
import type { PreparedCall } from './prepared-call.js';

/**
 * Prepares what a model is asked for a completion: the character's own instructions, then the messages that the caller gives. No room is
 * read, and nothing is left out.
 *
 * @throws ModelFailed CONTEXT_TOO_LONG
 */
export function prepareCompletion(
  claim: ClaimedCompletion,
  { model }: Pick<ResolvedModel, 'model'>,
  { maxPromptTokens }: Pick<PrepareSettings, 'maxPromptTokens'>,
): PreparedCall {
  const { request, character } = claim;
  const temperature = request.temperature ?? character.temperature;
  const options = {
    ...(temperature === null ? {} : { temperature }),
    ...(request.maxTokens === null ? {} : { maxOutputTokens: request.maxTokens }),
  };
  const prompt = completionPrompt(claim);
  const promptTokens = estimatePromptTokens(prompt);
  if (promptTokens > maxPromptTokens) {
    const message = `The messages are too long: they take some ${promptTokens} tokens, and ${maxPromptTokens} are the most.`;
    throw new ModelFailed(toReplyFailure(new ModelError('CONTEXT_TOO_LONG', message), false));
  }
  if (model.provider === builtInProvider) {
    return { call: { prompt: [], providerOptions: builtInPrompt(contextOf(claim)), ...options }, promptTokens: 0, ...nothingOfARoom };
  }
  return { call: { prompt, ...options }, promptTokens, ...nothingOfARoom };
}

const nothingOfARoom = { marks: null, basis: null, tools: null };

/**
 * The prompt in the form that every provider takes: one system message, first, then turns that alternate, the first of them the user's. What
 * the caller says as the system follows the character's own instructions.
 */
function completionPrompt({ character, request }: ClaimedCompletion): LanguageModelV3Prompt {
  const own = [`Your name is ${character.name}.`, character.systemPrompt.trim()].filter((part) => part !== '').join('\n');
  const system = request.messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const turns: { role: 'user' | 'assistant'; text: string }[] = [];
  for (const { role, content } of request.messages) {
    if (role === 'system') continue;
    const last = turns.at(-1);
    if (last?.role === role) last.text += `\n\n${content}`;
    else turns.push({ role, text: content });
  }
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', text: '(The conversation begins here.)' });
  return [
    { role: 'system', content: [own, ...system].join('\n\n') },
    ...turns.map(({ role, text }) => ({ role, content: [{ type: 'text' as const, text }] })),
  ];
}

/** What the built-in model reads: the caller's messages before the last question, as if they had been said in a room. */
function contextOf({ character, request, askedBy }: ClaimedCompletion): PromptContext {
  const said = request.messages.filter(({ role }) => role !== 'system');
  const asked = said.findLastIndex(({ role }) => role === 'user');
  const askedAt = new Date().toISOString();
  const asker = { name: askedBy.name, handle: askedBy.handle };
  return {
    task: { kind: 'mention', question: said[asked]?.content ?? '', scope: null },
    character: { name: character.name, handle: character.handle, systemPrompt: character.systemPrompt },
    addressee: { ...asker, isCharacter: false },
    triggerMessageId: 'none',
    askedAt,
    messages: said.toSpliced(asked, asked === -1 ? 0 : 1).map(({ role, content }) => ({
      id: '',
      own: role === 'assistant',
      fromCharacter: role === 'assistant',
      ...(role === 'assistant' ? { name: character.name, handle: character.handle } : asker),
      content,
      createdAt: askedAt,
    })),
    onlyForAsker: true,
    earlier: null,
  };
}
