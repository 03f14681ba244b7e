import { defineCommand } from '../command-line/define-command.js';
import { messageOfLink } from '../command-line/message-link.js';
import { cutText } from '../cut-text.js';
import { takeWord } from '../command-line/split-command.js';

/** The most messages `/summary N` takes. */
const maxMessages = 500;

const alone = { word: 'private', help: 'for you alone' };
const scopes = [
  { word: 'unread', help: 'what you have not read yet' },
  { word: 'today', help: 'what was said today' },
  { word: 'yesterday', help: 'what was said yesterday' },
  { word: 'week', help: 'the last seven days' },
  { word: 'since', help: 'from a message on; paste its link' },
];

export default defineCommand({
  name: 'summary',
  args: '[unread | today | yesterday | week | N | since LINK] [private]',
  help: 'What was said, with sources; “private”: for you alone',
  examples: ['/summary', '/summary unread', '/summary 50 private'],
  order: 1,
  answeredBy: 'model',
  costsTokens: true,
  schema: (z) => {
    const scope = z.union(
      [
        z.literal('').transform(() => ({ kind: 'recent' as const })),
        z
          .string()
          .toLowerCase()
          .pipe(z.enum(['unread', 'today', 'yesterday', 'week']))
          .transform((kind) => ({ kind })),
        z
          .string()
          .regex(/^\d{1,6}$/)
          .transform(Number)
          .pipe(z.int().min(1).max(maxMessages))
          .transform((count) => ({ kind: 'last' as const, count })),
        z
          .string()
          .transform((text) => messageOfLink(takeWord(text, 'since').taken ? takeWord(text, 'since').rest : ''))
          .pipe(z.string())
          .transform((messageId) => ({ kind: 'since' as const, messageId })),
      ],
      { error: ({ input }) => refusal(String(input)) },
    );
    return z
      .string()
      .transform((text): [string, boolean] => {
        const { rest, taken } = takeWord(text, 'private');
        return [rest, taken];
      })
      .pipe(z.tuple([scope, z.boolean()]))
      .transform(([selected, isPrivate]) => ({ scope: selected, isPrivate }));
  },
  suggest: (before) => {
    if (before.length === 0) return [{ word: '', help: 'the conversation so far, for everyone here' }, ...scopes, alone];
    if (before[0] === 'private' || before.includes('private')) return [];
    const isLink = before[0] === 'since';
    return before.length === (isLink ? 2 : 1) ? [{ word: '', help: 'for everyone here' }, alone] : [];
  },
  answer: ({ isPrivate }) => (isPrivate ? 'asker' : 'room'),
  ask: ({ scope }) => ({ scope, standalone: true }),
});

function refusal(given: string): string {
  if (takeWord(given, 'since').taken) return 'After “since”, /summary takes the link of a message: choose “Copy link” on the message.';
  return `/summary takes “unread”, “today”, “yesterday”, “week”, a number up to ${maxMessages}, or “since” and the link of a message, not “${clip(given)}”.`;
}

function clip(text: string): string {
  return text.length > 40 ? `${cutText(text, 40)}…` : text;
}
