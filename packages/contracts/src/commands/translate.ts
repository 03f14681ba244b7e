import { defineCommand, type Suggestion } from '../command-line/define-command.js';
import { takeWord } from '../command-line/split-command.js';

/** In UTF-16 units: “Brazilian Portuguese”, “plain English for a lawyer”. */
const maxLanguageLength = 60;

/** What is offered; any language may be written, in any language. */
const languages: readonly Suggestion[] = Object.entries({
  English: 'English',
  French: 'français',
  German: 'Deutsch',
  Spanish: 'español',
  Portuguese: 'português',
  Italian: 'italiano',
  Dutch: 'Nederlands',
  Polish: 'polski',
  Ukrainian: 'українська',
  Russian: 'русский',
  Turkish: 'Türkçe',
  Arabic: 'العربية',
  Hebrew: 'עברית',
  Hindi: 'हिन्दी',
  Chinese: '中文',
  Japanese: '日本語',
  Korean: '한국어',
}).map(([word, help]) => ({ word, help }));

export default defineCommand({
  name: 'translate',
  args: 'language [private]',
  help: 'The message you reply to, or the last one, in another language',
  examples: ['/translate French', '/translate 日本語 private'],
  order: 4,
  answeredBy: 'model',
  costsTokens: true,
  schema: (z) =>
    z
      .string()
      .transform((text) => takeWord(text, 'private'))
      .transform(({ rest, taken }) => ({ language: rest.replace(/\s+/g, ' '), isPrivate: taken }))
      .refine(({ language }) => language !== '', 'Write the language after /translate: /translate French')
      .refine(({ language }) => language.length <= maxLanguageLength, 'Write only the language after /translate: /translate French')
      .refine(
        ({ language }) => /^[\p{L}\p{M}\p{N}'’() .-]+$/u.test(language),
        'Write a language in words after /translate: /translate French',
      ),
  suggest: (before) => {
    if (before.length === 0) return languages;
    return before.includes('private')
      ? []
      : [
          { word: '', help: 'for everyone here' },
          { word: 'private', help: 'for you alone' },
        ];
  },
  answer: ({ isPrivate }) => (isPrivate ? 'asker' : 'room'),
  ask: ({ language }) => ({ scope: { kind: 'answered' }, standalone: true, data: { language } }),
});
