import { defineCommand } from '../command-line/define-command.js';
import { handlePattern } from '../handles.js';

/** The most people of one call. */
const maxPeople = 10;

export default defineCommand({
  name: 'invite',
  args: '@person …',
  help: 'Brings people into this room',
  examples: ['/invite @bo', '/invite @bo @cy'],
  order: 20,
  operation: 'rooms.addMember',
  answeredBy: 'core',
  answer: 'asker',
  acts: true,
  costsTokens: false,
  schema: (z) =>
    z
      .string()
      .transform((text) => [...new Set(text.split(/[\s,]+/).flatMap((word) => word.replace(/^[@＠]/, '').toLowerCase() || []))])
      .refine((people) => people.length > 0, 'Write whom to invite: /invite @bo')
      .refine((people) => people.length <= maxPeople, `/invite takes up to ${maxPeople} people at once.`)
      .refine((people) => people.every((person) => handlePattern.test(person)), 'Write people by their usernames: /invite @bo @cy'),
  suggest: () => 'people',
});
