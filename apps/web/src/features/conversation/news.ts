import { cutText, isBot, isInProgress, namesOfTool, systemText, type MessageView, type PrivateReply } from '@parley/contracts';
import { plainText } from '@parley/contracts/markdown';
import type { RoomState } from '../../client/types.js';

/** How many messages that arrive together are each read out; of more, only their number is said. */
const maxReadOut = 3;
/** How much of one is read out, in UTF-16 units: some two minutes of speech. The rest is in the room. */
const maxSpoken = 2_000;

type Place = Pick<RoomState, 'messages' | 'hasNewer'> & { privateReplies: readonly PrivateReply[] };

/** What a listener has heard of already. */
export interface Heard {
  /** Up to this seq, and up to this instant, nothing is new. */
  seq: number;
  at: string;
  /** Whether the end of the room was shown. */
  atEnd: boolean;
  /** Ids of the answers that were being written. */
  writing: ReadonlySet<string>;
  /** The calls of tools that wait until somebody allows them. */
  waiting: ReadonlySet<string>;
}

/** Everything that is there now has been heard. */
export function hearAll({ messages, hasNewer, privateReplies }: Place, before?: Heard): Heard {
  const all = [...messages, ...privateReplies];
  return {
    seq: Math.max(before?.seq ?? 0, messages.at(-1)?.seq ?? 0),
    at: all.reduce((latest, { createdAt }) => (createdAt > latest ? createdAt : latest), before?.at ?? ''),
    atEnd: !hasNewer,
    writing: new Set(all.filter(({ status }) => isInProgress(status)).map(({ id }) => id)),
    waiting: new Set(waitingCalls({ messages, privateReplies }).map(({ key }) => key)),
  };
}

/** The calls of tools that wait until somebody allows them, with whose they are and for whom they wait. */
function waitingCalls({ messages, privateReplies }: Pick<Place, 'messages' | 'privateReplies'>) {
  const ofRoom = messages.flatMap(({ id, attempt, author, reply }) =>
    (reply?.tools ?? []).map((call) => ({ id, attempt, by: author.name, call })),
  );
  const ofOne = privateReplies.flatMap(({ id, attempt, about, tools }) =>
    (tools ?? []).map((call) => ({ id, attempt, by: about?.by ?? 'A character', call })),
  );
  return [...ofRoom, ...ofOne].flatMap(({ id, attempt, by, call: { callId, tool, state, waitsFor } }) =>
    state === 'waiting' ? { key: `${id}/${attempt}/${callId}`, by, tool, waitsFor } : [],
  );
}

/**
 * What to read out to someone who listens to the room: what others said since, each answer once, when it is finished, and what waits until
 * that person allows it. Not what the
 * person wrote themselves, and nothing that is only loaded: older pages, or the end of the room after a look at its history.
 */
export function newsSince(heard: Heard, place: Place, me: string): string[] {
  if (place.hasNewer || !heard.atEnd) return [];
  const isNews = (id: string, status: MessageView['status'], isNew: boolean) => !isInProgress(status) && (isNew || heard.writing.has(id));
  const said = place.messages
    .filter(
      ({ id, status, seq, author, deletedAt, hidden }) =>
        isNews(id, status, seq > heard.seq) && author.id !== me && deletedAt === null && !hidden,
    )
    .map(spokenMessage);
  const toldAlone = place.privateReplies
    .filter(({ id, status, createdAt }) => isNews(id, status, createdAt > heard.at))
    .map(({ content, error }) => `Only you see this: ${spoken(content, error)}`);
  const news = [...said, ...toldAlone];
  // Nothing goes on until it is answered: said by itself, however much else arrives.
  const asked = waitingCalls(place)
    .filter(({ key, waitsFor }) => waitsFor === me && !heard.waiting.has(key))
    .map(({ by, tool }) => `${by} asks to use ${namesOfTool(tool).own}, and waits for your answer.`);
  return [...(news.length > maxReadOut ? [`${news.length} new messages`] : news), ...asked];
}

function spokenMessage({ kind, system, author, content, error, status }: MessageView): string {
  if (kind === 'system') return `${author.imported ? 'Imported: ' : ''}${system ? systemText(system) : content}`;
  return `${author.name}${author.imported ? ', imported' : ''}${isBot(author) ? ', bot' : ''}: ${spoken(content, error) || (status === 'stopped' ? 'stopped' : '')}`;
}

function spoken(content: string, error: { message: string } | null | undefined): string {
  return [cutText(plainText(content).trim(), maxSpoken), error?.message].filter(Boolean).join(' ');
}
