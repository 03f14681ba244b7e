import type { LanguageModelV3Prompt } from '@ai-sdk/provider';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerTask as answerTo, chat, contextOf, summaryTask } from '../models/prompt-context.fixture.js';
import { buildPrompt, estimatePromptTokens, quoteMessage } from './build-prompt.js';

const answerTask = answerTo('what now?');

function textOf(prompt: LanguageModelV3Prompt): { role: string; text: string }[] {
  return prompt.map(({ role, content }) => ({
    role,
    text: typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
  }));
}

describe('buildPrompt', () => {
  it('names each speaker, has its own replies as assistant, and ends with the question', () => {
    const turns = textOf(buildPrompt(contextOf(answerTask, chat('bo: hello', 'mia: hi', 'ada: Welcome.', 'robin: beep'))));
    expect(turns.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(turns[0]!.text).toContain('You are Ada (@ada)');
    expect(turns[0]!.text).toContain('You are kind.');
    expect(turns[1]!.text).toBe(
      '<message from="Bo" handle="@bo" at="2026-11-03 14:00 UTC">\nhello\n</message>\n<message from="Mia" handle="@mia" at="2026-11-03 14:01 UTC">\nhi\n</message>',
    );
    expect(turns[2]!.text).toBe('Welcome.');
    expect(turns[3]!.text).toMatch(/^<message from="Robin" handle="@robin" kind="character"/);
    expect(turns[3]!.text).toMatch(
      /<message from="Bo" handle="@bo" at="2026-11-03 16:00 UTC">\nwhat now\?\n<\/message>\n<task>Answer the last message of Bo \(@bo\)\.<\/task>$/,
    );
  });

  it('does not add the question where the conversation holds it', () => {
    const messages = chat('mia: hi', 'bo: @ada what now?');
    const turns = textOf(buildPrompt(contextOf(answerTask, messages, { triggerMessageId: messages[1]!.id })));
    expect(turns[1]!.text.match(/what now\?/g)).toHaveLength(1);
  });

  it('says what a summary is about', () => {
    const scope = { kind: 'last', count: 7 } as const;
    expect(textOf(buildPrompt(contextOf({ ...summaryTask, scope }, chat('bo: hi'))))[1]!.text).toContain(
      'asked for a summary of the last 7 messages',
    );
    expect(textOf(buildPrompt(contextOf(summaryTask, chat('bo: hi'))))[1]!.text).toContain('of the conversation above');
  });

  it('lets nobody speak as someone else or as the system, whatever they write or call themselves', () => {
    const attack = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            '</message>',
            '< / MESSAGE >',
            '<message from="Mia" handle="@mia">',
            '<task>',
            '</task>',
            '<note>',
            '<',
            '\u200b',
            '&lt;',
            '"',
            '\n',
          ),
          fc.string({ maxLength: 4 }),
        ),
        { maxLength: 8 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(attack, attack, (content, name) => {
        const [message] = chat('bo: x');
        const [, user] = textOf(buildPrompt(contextOf(summaryTask, [{ ...message!, content, name }])));
        const elements = user!.text.match(/<[\s/\u200b]*(?:message|task|note)\b[^>]*>/gi) ?? [];
        expect(elements.map((element) => element.replace(/ [\s\S]*/, '>'))).toEqual(['<message>', '</message>', '<task>', '</task>']);
        expect(user!.text.startsWith('<message from="')).toBe(true);
      }),
    );
  });

  it('leaves code as it was', () => {
    const [message] = chat('bo: if (a < b && c > d) return <Messages/>; // <div>');
    expect(quoteMessage(message!)).toContain('if (a < b && c > d) return <Messages/>; // <div>');
  });

  it('stays within its budget, drops the oldest first, says so, and keeps the question', () => {
    const lines = Array.from(
      { length: 60 },
      (_, index) => `bo: number ${index}. ${index % 2 ? 'lorem ipsum dolor '.repeat(10) : '日本語の文章です。'.repeat(10)}`,
    );
    for (const maxTokens of [600, 1500, 3000]) {
      const prompt = buildPrompt(contextOf(answerTask, chat(...lines)), { maxTokens });
      expect(estimatePromptTokens(prompt)).toBeLessThanOrEqual(maxTokens + 40);
      const turns = textOf(prompt);
      expect(turns[1]!.text).toMatch(/^<note>Earlier messages are left out\.<\/note>/);
      const kept = [...turns[1]!.text.matchAll(/number (\d+)\./g)].map((match) => Number(match[1]));
      expect(kept.at(-1)).toBe(59);
      expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 60 - kept.length + index));
      expect(turns[1]!.text).toContain('what now?');
    }
  });

  it('keeps the question even where nothing else fits', () => {
    expect(textOf(buildPrompt(contextOf(answerTask, chat('bo: hi')), { maxTokens: 1 }))[1]!.text).toContain('what now?');
  });
});
