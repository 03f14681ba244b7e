import { chat } from '../../prompt-context.fixture.js';
import type { PromptMessage } from '../../prompt-context.js';
import { english } from './english.fixture.js';
import { french } from './french.fixture.js';
import { german } from './german.fixture.js';
import { japanese } from './japanese.fixture.js';
import { spanish } from './spanish.fixture.js';

/** A conversation of our own in which something is decided. */
export interface DecidedConversation {
  language: string;
  messages: PromptMessage[];
  /** Ids of the messages that say what was decided. */
  decided: string[];
}

/** Eight conversations in each of five languages. */
export const decidedConversations: DecidedConversation[] = Object.entries({ english, german, french, spanish, japanese }).flatMap(
  ([language, texts]) =>
    texts.map((text) => {
      const lines = text.split('\n');
      const messages = chat(...lines.map((line) => line.replace(/^!/, '')));
      return { language, messages, decided: messages.filter((_, index) => lines[index]!.startsWith('!')).map(({ id }) => id) };
    }),
);
