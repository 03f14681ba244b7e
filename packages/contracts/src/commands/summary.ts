import { defineCommand } from '../command-line/define-command.js';
import { cutText } from '../cut-text.js';
import { takeWord } from '../command-line/split-command.js';

/** The most messages `/summary N` takes. */
const maxMessages = 500;

export default defineCommand({
  name: 'summary',
  args: '[unread | today | N] [private]',
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
          .pipe(z.enum(['unread', 'today']))
          .transform((kind) => ({ kind })),
        z
          .string()
          .regex(/^\d{1,6}$/)
          .transform(Number)
          .pipe(z.int().min(1).max(maxMessages))
          .transform((count) => ({ kind: 'last' as const, count })),
      ],
      { error: ({ input }) => `/summary takes “unread”, “today” or a number up to ${maxMessages}, not “${clip(String(input))}”.` },
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
  answer: ({ isPrivate }) => (isPrivate ? 'asker' : 'room'),
  ask: ({ scope }) => ({ scope, standalone: true }),
});

function clip(text: string): string {
  return text.length > 40 ? `${cutText(text, 40)}…` : text;
}
