/**
 * Random histories of two rooms, each text of them with a secret, and who may be told which. The test that uses them does to the database
 * what {@link happen} says happened, and holds what a provider was sent against {@link mayKnow}.
 */

export type RoomName = 'open' | 'closed';
/** Person 0 owns both rooms and stays. */
export type Who = 0 | 1 | 2;
/** `ada` is the assistant, who answers commands; `lin` answers mentions; `vic`, who is in the open room alone, answers everything. */
export type Character = 'ada' | 'lin' | 'vic';

/** One text of a room. */
export interface Said {
  /** Its place among the texts of its room. */
  at: number;
  author: Who | Character;
  /** The secret of its text as it is now; null where it has none. */
  secret: string | null;
  deleted: boolean;
  hidden: boolean;
  /** Whether it was hidden ever: a question that was is forgotten for good. */
  wasHidden: boolean;
  command: boolean;
  /** Of an answer, the text that called for it. */
  answers: number | null;
  /** Who asked for it; of a person's text, who wrote it. */
  by: Who;
}

export interface RoomState {
  members: Set<Who>;
  /** Characters that are there, and how many texts there were when they came. */
  characters: Map<Character, number>;
  said: Said[];
}

export type State = Record<RoomName, RoomState>;

/** How a character is called. */
export type How = 'ask' | 'mention' | 'always' | 'summary' | 'last' | 'unread' | 'week' | 'since' | 'decide' | 'translate';

/** A call of a character: the text that an answer is to have, and what may be known for it. */
export interface Call {
  character: Character;
  how: How;
  /** The secret of the answer. */
  answer: string;
  /** The call that the answer makes, of a character that it mentions. */
  next?: Call;
}

/** What happened in a room. `at` is the place of a text. */
export type Happened = { room: RoomName } & (
  | { type: 'say'; who: Who; secret: string; how: 'text' | How; at: number | null; calls: Call[] }
  | { type: 'private'; who: Who; secret: string; how: How; at: number | null; call: Call }
  | { type: 'edit'; at: number; secret: string }
  | { type: 'delete' | 'hide' | 'show'; at: number; by: Who }
  | { type: 'leave' | 'join' | 'remove'; who: Who }
  | { type: 'bring' | 'dismiss'; character: Character }
  | { type: 'topic'; secret: string }
  | { type: 'regenerate'; at: number; by: Who; call: Call }
  /** Somebody who is not in the room asks, or an answer is to be written again whose question is gone. */
  | { type: 'refused'; who: Who; secret: string; again: number | null }
);

/** A step of a history before it is known what it can be about: any step can be left out, and the rest is a history still. */
export interface Step {
  kind: Happened['type'];
  a: number;
  b: number;
  c: number;
}

/** Deletions, hides and comings matter most, and nothing is told without a text. */
const kinds: readonly Happened['type'][] = [
  ...(['say', 'say', 'say', 'say', 'say', 'say'] as const),
  ...(['edit', 'edit', 'edit', 'delete', 'hide', 'hide', 'show', 'leave', 'join', 'remove', 'bring', 'bring', 'dismiss'] as const),
  ...(['topic', 'private', 'private', 'regenerate', 'regenerate', 'refused'] as const),
];

/** Random numbers from 0 to below 1 that a seed repeats (mulberry32). */
export function numbersOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function randomSteps(next: () => number, count: number): Step[] {
  const pick = () => Math.floor(next() * 1_000);
  return Array.from({ length: count }, () => ({ kind: kinds[Math.floor(next() * kinds.length)]!, a: pick(), b: pick(), c: pick() }));
}

/** @param always whether the open room has a character that answers everything from the start */
export function newState({ always }: { always: boolean }): State {
  const room = (characters: Character[], members: Who[]): RoomState => ({
    members: new Set(members),
    characters: new Map(characters.map((character) => [character, 0])),
    said: [],
  });
  return { open: room(always ? ['ada', 'lin', 'vic'] : ['ada', 'lin'], [0, 1]), closed: room(['ada', 'lin'], [0, 2]) };
}

/** The form that no other text has, so that {@link secretsIn} finds each secret wherever it is. */
export function secretOf(history: number, number: number): string {
  return `sesame-${history}-${number}-`;
}

export function secretsIn(text: string): Set<string> {
  return new Set(text.match(/sesame-\d+-\d+-/g) ?? []);
}

const ways: readonly How[] = ['ask', 'mention', 'mention', 'summary', 'last', 'unread', 'week', 'since', 'decide', 'translate'];
/** `/ask` and mentions have no private form. */
const privateWays: readonly How[] = ['summary', 'last', 'unread', 'week', 'since', 'decide', 'translate'];

/**
 * Makes a step what it can be in this state, and changes the state by it.
 *
 * @param fresh gives a new secret
 * @returns null where nothing can come of the step
 */
export function happen(state: State, { kind, a, b, c }: Step, fresh: () => string): Happened | null {
  const name: RoomName = a % 3 === 0 ? 'closed' : 'open';
  const room = state[name];
  const members = [...room.members].toSorted();
  const who = members[b % members.length]!;
  const told = room.said.filter(({ deleted, secret }) => !deleted && secret !== null);
  const one = told[c % Math.max(1, told.length)];
  switch (kind) {
    case 'say': {
      const how = c % 3 === 0 ? 'text' : ways[(b + c) % ways.length]!;
      const at = targetOf(room, how, c);
      const character: Character = how === 'mention' ? 'lin' : 'ada';
      if (how !== 'text' && (!room.characters.has(character) || (at === null && isAboutOne(how)))) return null;
      const secret = fresh();
      const calls: Call[] = how === 'text' ? [] : [{ character, how, answer: fresh() }];
      if (how === 'mention' && c % 2 === 0 && room.characters.has('ada'))
        calls[0]!.next = { character: 'ada', how: 'mention', answer: fresh() };
      // Who always answers answers no commands.
      if (room.characters.has('vic') && (how === 'text' || how === 'mention'))
        calls.push({ character: 'vic', how: 'always', answer: fresh() });
      const command = how !== 'text' && how !== 'mention';
      const text = say(room, { author: who, secret: hasText(how) ? secret : null, answers: null, by: who, command });
      const answers = calls.map((call) => ({ call, said: answer(room, call, text.at, who) }));
      for (const { call, said } of answers) if (call.next) answer(room, call.next, said.at, who);
      return { room: name, type: 'say', who, secret, how, at, calls };
    }
    case 'private': {
      const how = privateWays[(b + c) % privateWays.length]!;
      const at = targetOf(room, how, c);
      if (!room.characters.has('ada') || (at === null && isAboutOne(how))) return null;
      return { room: name, type: 'private', who, secret: fresh(), how, at, call: { character: 'ada', how, answer: fresh() } };
    }
    case 'edit': {
      if (!one || typeof one.author !== 'number' || !room.members.has(one.author) || one.command) return null;
      one.secret = fresh();
      return { room: name, type: 'edit', at: one.at, secret: one.secret };
    }
    case 'delete': {
      if (!one) return null;
      one.deleted = true;
      return { room: name, type: 'delete', at: one.at, by: actorOn(room, one, b) };
    }
    case 'hide':
    case 'show': {
      const target = kind === 'hide' ? one : told.find(({ hidden }) => hidden);
      if (!target) return null;
      target.hidden = kind === 'hide';
      target.wasHidden ||= target.hidden;
      return { room: name, type: kind, at: target.at, by: actorOn(room, target, b) };
    }
    case 'leave':
    case 'remove': {
      if (who === 0) return null;
      room.members.delete(who);
      return { room: name, type: kind, who };
    }
    case 'join': {
      const guest = ([1, 2] as const).find((person) => !room.members.has(person));
      if (guest === undefined) return null;
      room.members.add(guest);
      return { room: name, type: 'join', who: guest };
    }
    case 'bring':
    case 'dismiss': {
      const all: Character[] = name === 'open' ? ['ada', 'lin', 'vic'] : ['ada', 'lin'];
      const character = all[c % all.length]!;
      if (room.characters.has(character) === (kind === 'bring')) return null;
      if (kind === 'bring') room.characters.set(character, room.said.length);
      else room.characters.delete(character);
      return { room: name, type: kind, character };
    }
    case 'topic':
      return { room: name, type: 'topic', secret: fresh() };
    case 'regenerate': {
      const answers = room.said.filter((said) => said.answers !== null && mayAgain(room, said));
      const again = answers[c % Math.max(1, answers.length)];
      if (!again) return null;
      again.secret = fresh();
      const { at, by, answers: _, author } = again;
      const call: Call = { character: author as Character, how: 'ask', answer: again.secret };
      return { room: name, type: 'regenerate', at, by: room.members.has(by) ? by : 0, call };
    }
    case 'refused': {
      const unanswerable = room.said.filter((said) => said.answers !== null && !said.deleted && isUnasked(room.said[said.answers]!));
      const again = unanswerable[c % Math.max(1, unanswerable.length)];
      if (again) return { room: name, type: 'refused', who: 0, secret: fresh(), again: again.at };
      const stranger = ([1, 2] as const).find((person) => !room.members.has(person));
      return stranger === undefined ? null : { room: name, type: 'refused', who: stranger, secret: fresh(), again: null };
    }
  }
}

/**
 * The secrets that a provider may be told for an answer of this character at this place: those of texts that were said before it, since the
 * character came, and that are neither deleted nor hidden; and that of the text which called the character, even if the character left and
 * came back since.
 *
 * @param before the place of the answer
 */
export function mayKnow({ characters, said }: RoomState, character: Character, before: number): Set<string> {
  const from = characters.get(character);
  if (from === undefined) return new Set();
  const asked = said[before]?.answers;
  const known = said.filter(({ at, deleted, hidden }) => (at === asked || (at >= from && at < before)) && !deleted && !hidden);
  return new Set(known.flatMap(({ secret }) => secret ?? []));
}

function say(room: RoomState, text: Pick<Said, 'author' | 'secret' | 'answers' | 'by' | 'command'>): Said {
  const said: Said = { at: room.said.length, deleted: false, hidden: false, wasHidden: false, ...text };
  room.said.push(said);
  return said;
}

function answer(room: RoomState, { character, answer: secret }: Call, answers: number, by: Who): Said {
  return say(room, { author: character, secret, answers, by, command: false });
}

/** Whether a text that calls so has words of its own. */
export function hasText(how: 'text' | How): boolean {
  return how === 'text' || how === 'ask' || how === 'mention' || how === 'always' || how === 'decide';
}

function isAboutOne(how: 'text' | How): boolean {
  return how === 'since' || how === 'translate';
}

/** The text that a call is about; null where it is about none, or there is none. */
function targetOf({ said }: RoomState, how: 'text' | How, c: number): number | null {
  if (!isAboutOne(how)) return null;
  const all = said.filter(({ deleted, hidden, secret }) => how === 'since' || (!deleted && !hidden && secret !== null));
  return all[c % Math.max(1, all.length)]?.at ?? null;
}

/** Its author where they are there, or the owner, who moderates. */
function actorOn(room: RoomState, { by }: Said, b: number): Who {
  return room.members.has(by) && b % 2 === 0 ? by : 0;
}

/** Whether an answer can be written again. */
function mayAgain({ characters, said }: RoomState, { author, answers, deleted }: Said): boolean {
  const asked = said[answers ?? -1];
  return !deleted && characters.has(author as Character) && asked !== undefined && !asked.deleted && !asked.wasHidden;
}

/** Whether the words that an answer answers are gone. Commands that have none need none. */
function isUnasked({ deleted, hidden, secret }: Said): boolean {
  return (deleted || hidden) && secret !== null;
}
