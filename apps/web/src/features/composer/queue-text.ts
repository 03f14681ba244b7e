import type { QueuedReply } from '@parley/contracts';
import type { RoomState } from '../../client/types.js';
import { apart } from '../../components/ui/sentence.js';

type RoomQueue = NonNullable<RoomState['queue']>;

/** How many of those who write are named in the line. */
const maxNamed = 2;

/**
 * `Ada is answering Bo, Lin waits for Di’s yes · then Cy’s question`: who answers whom, who waits to be allowed something, and whose turn is next. Names are marked by `apart`.
 *
 * @param me user id of the reader, who is *you*
 */
export function queueText({ replies, count }: RoomQueue, me: string): string {
  const writing = replies.filter((reply) => reply.writing);
  const resting = replies.filter(({ waitsFor }) => waitsFor);
  const next = replies.find((reply) => !reply.writing && !reply.waitsFor);
  const after = count - writing.length - resting.length - 1;
  const now = writing.slice(0, maxNamed).map((reply) => answering(reply, me));
  if (writing.length > maxNamed) now.push(`${writing.length - maxNamed} more`);
  if (resting[0]) now.push(waitsFor(resting[0], me));
  if (!next) return now.join(', ');
  const more = after > 0 ? ` and ${after} more` : '';
  const whose = next.askedBy.id === me ? 'yours' : `${apart(next.askedBy.name)}’s question`;
  return now.length > 0 ? `${now.join(', ')} · then ${whose}${more}` : `Next: ${whose}${more}`;
}

/** `Ada waits for Bo’s yes`. */
export function waitsFor({ character, waitsFor: whom }: QueuedReply, me: string): string {
  return `${apart(character.name)} waits for ${whom?.id === me ? 'your' : `${apart(whom?.name ?? '')}’s`} yes`;
}

/** `Ada is answering Bo`. */
export function answering({ character, askedBy }: QueuedReply, me: string): string {
  return `${apart(character.name)} is answering ${askedBy.id === me ? 'you' : apart(askedBy.name)}`;
}
