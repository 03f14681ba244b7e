import type { WebhookEventName } from '@parley/contracts';

/** What each event of a webhook tells, in words: where it is chosen, and in a list. */
export const eventTexts: Record<WebhookEventName, { label: string; means: string }> = {
  'message.created': { label: 'Messages', means: 'Somebody says something.' },
  'message.updated': { label: 'Edits', means: 'Somebody changes what they said.' },
  'message.deleted': { label: 'Deletions', means: 'A message or an answer is deleted.' },
  'reply.finished': { label: 'Answers', means: 'A character has answered, or failed to.' },
  'member.joined': { label: 'Arrivals', means: 'Somebody joins or is brought in.' },
  'member.left': { label: 'Departures', means: 'Somebody leaves or is removed.' },
  mention: { label: 'Mentions', means: 'A message mentions somebody.' },
};

/** The events in a row of words: `Messages, edits`. An event of a later version stands under its own name. */
export function eventsInWords(events: readonly WebhookEventName[]): string {
  const words = events.map((event) => eventTexts[event]?.label ?? event);
  return words.map((word, index) => (index === 0 ? word : word.toLowerCase())).join(', ');
}
