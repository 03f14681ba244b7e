/**
 * Random histories of two rooms, each text of them with a secret, and who may be told which. The test that uses them does to the database
 * what {@link happen} says happened, and holds what a provider was sent against {@link mayKnow}.
 */

export type RoomName = 'open' | 'closed';
/** Person 0 owns both rooms and stays. */
export type Who = 0 | 1 | 2;
/** `ada` is the assistant, who answers commands; `lin` answers mentions; `vic`, who is in the open room alone, speaks by habit. */
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
  /** Of an answer to a question that was put to several, which are told nothing of each other's. */
  apart: boolean;
  /** Of an answer that was written again, how often it was written, which of its texts is shown, and the others. */
  attempt: number;
  shown: number;
  versions: { attempt: number; secret: string | null }[];
}

/** A note of a room. */
export interface Noted {
  number: number;
  secret: string;
  /** The place of the text that it was taken from. */
  source: number | null;
  /** Whether it was written anew while its source was deleted or hidden. */
  kept: boolean;
}

export interface RoomState {
  members: Set<Who>;
  /** Characters that are there, and how many texts there were when they came. */
  characters: Map<Character, number>;
  said: Said[];
  notes: Noted[];
  /** Notes that there ever were. */
  noted: number;
}

/** When `vic` speaks. */
export type Habit = 'always' | 'turn' | 'ambient';

export interface State extends Record<RoomName, RoomState> {
  habit: Habit;
}

/** How a character is called. */
export type How =
  | 'ask'
  | 'side'
  | 'mention'
  | Habit
  | 'summary'
  | 'last'
  | 'unread'
  | 'week'
  | 'since'
  | 'decide'
  | 'translate'
  | 'catchup';

/** A call of a character: the text that an answer is to have, and what may be known for it. */
export interface Call {
  character: Character;
  how: How;
  /** The secret of the answer. */
  answer: string;
  /** The call that the answer makes, of a character that it mentions. */
  next?: Call;
  /** Whether others are put the same question. */
  apart?: boolean;
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
  /** `wish` says how it is wished, and `before` is the secret of the text that was. */
  | { type: 'regenerate'; at: number; by: Who; call: Call; wish: string | null; before: string | null }
  | { type: 'choose'; at: number; by: Who; attempt: number }
  | { type: 'note'; who: Who; number: number; secret: string; at: number | null }
  | { type: 'rewrite'; who: Who; number: number; secret: string }
  | { type: 'unnote'; who: Who; number: number }
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
  ...(['topic', 'private', 'private', 'regenerate', 'regenerate', 'regenerate', 'refused'] as const),
  ...(['choose', 'choose', 'note', 'note', 'rewrite', 'unnote'] as const),
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

/** Of the histories in which `vic` is there from the start, in turn. */
const habits: readonly Habit[] = ['always', 'always', 'turn', 'turn', 'ambient', 'always'];

/** The state in which a history of this number begins: in every other one `vic` is in the open room already. */
export function newState(history: number): State {
  const room = (characters: Character[], members: Who[]): RoomState => ({
    members: new Set(members),
    characters: new Map(characters.map((character) => [character, 0])),
    said: [],
    notes: [],
    noted: 0,
  });
  const there = history % 2 === 1;
  return {
    habit: there ? habits[((history - 1) / 2) % habits.length]! : 'ambient',
    open: room(there ? ['ada', 'lin', 'vic'] : ['ada', 'lin'], [0, 1]),
    closed: room(['ada', 'lin'], [0, 2]),
  };
}

/** The form that no other text has, so that {@link secretsIn} finds each secret wherever it is. */
export function secretOf(history: number, number: number): string {
  return `sesame-${history}-${number}-`;
}

export function secretsIn(text: string): Set<string> {
  return new Set(text.match(/sesame-\d+-\d+-/g) ?? []);
}

const ways: readonly How[] = ['ask', 'side', 'mention', 'mention', 'summary', 'last', 'unread', 'week', 'since', 'decide', 'translate'];
/** Mentions have no private form, and `/catchup` no other. */
const privateWays: readonly How[] = ['ask', 'summary', 'last', 'unread', 'week', 'since', 'decide', 'translate', 'catchup', 'catchup'];

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
      const apart = how === 'side' && room.characters.has('lin');
      const calls: Call[] = how === 'text' ? [] : [{ character, how, answer: fresh(), ...(apart && { apart }) }];
      if (apart) calls.push({ character: 'lin', how, answer: fresh(), apart });
      if (how === 'mention' && c % 2 === 0 && room.characters.has('ada'))
        calls[0]!.next = { character: 'ada', how: 'mention', answer: fresh() };
      // Nobody answers commands by habit, and what names another only who always answers.
      if (room.characters.has('vic') && (how === 'text' || (how === 'mention' && state.habit === 'always')))
        calls.push({ character: 'vic', how: state.habit, answer: fresh() });
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
      const before = again.hidden ? null : again.secret;
      keepVersion(again);
      again.secret = fresh();
      again.shown = ++again.attempt;
      const { at, by, author, apart } = again;
      const call: Call = { character: author as Character, how: 'ask', answer: again.secret, ...(apart && { apart }) };
      const wish = b % 2 === 0 ? fresh() : null;
      return { room: name, type: 'regenerate', at, by: room.members.has(by) ? by : 0, call, wish, before };
    }
    case 'choose': {
      const choices = room.said.flatMap((said) =>
        said.deleted ? [] : said.versions.flatMap(({ attempt, secret }) => (secret === null ? [] : { said, attempt, secret })),
      );
      const choice = choices[c % Math.max(1, choices.length)];
      if (!choice) return null;
      const { said, attempt, secret } = choice;
      keepVersion(said);
      Object.assign(said, { secret, shown: attempt, versions: said.versions.filter((version) => version.attempt !== attempt) });
      return { room: name, type: 'choose', at: said.at, by: room.members.has(said.by) ? said.by : 0, attempt };
    }
    case 'note': {
      const note: Noted = { number: ++room.noted, secret: fresh(), source: c % 3 === 0 || !one ? null : one.at, kept: false };
      room.notes.push(note);
      return { room: name, type: 'note', who, number: note.number, secret: note.secret, at: note.source };
    }
    case 'rewrite':
    case 'unnote': {
      const note = room.notes[c % Math.max(1, room.notes.length)];
      if (!note) return null;
      const { number } = note;
      if (kind === 'unnote') {
        room.notes.splice(room.notes.indexOf(note), 1);
        return { room: name, type: 'unnote', who, number };
      }
      const source = note.source === null ? null : room.said[note.source]!;
      Object.assign(note, { secret: fresh(), kept: source !== null && (source.deleted || source.hidden) });
      return { room: name, type: 'rewrite', who, number, secret: note.secret };
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
 * came back since. Of what others answered to the same question, nothing. And those of the notes, but for answers about certain texts.
 *
 * @param before the place of the answer
 * @param how it is called. By default it is not, and so is told no notes
 */
export function mayKnow({ characters, said, notes }: RoomState, character: Character, before: number, how: How = 'last'): Set<string> {
  const from = characters.get(character);
  if (from === undefined) return new Set();
  const own = said[before];
  const asked = own?.answers;
  const known = said.filter(
    ({ at, deleted, hidden, answers }) =>
      (at === asked || (at >= from && at < before)) && !deleted && !hidden && !(own?.apart && answers !== null && answers === asked),
  );
  const noted = notes.filter(({ source, kept }) => {
    const text = source === null ? null : said[source]!;
    return text === null || (text.at >= from && (kept || (!text.deleted && !text.hidden)));
  });
  return new Set([...known, ...(isAboutSome(how) ? [] : noted)].flatMap(({ secret }) => secret ?? []));
}

/** The secrets that a provider may be told for a catch-up of this person: those of texts in their rooms that are neither deleted nor hidden. */
export function mayCatchUpOn(state: State, who: Who): Set<string> {
  const rooms = [state.open, state.closed].filter(({ members }) => members.has(who));
  const told = rooms.flatMap(({ said }) => said.filter(({ deleted, hidden }) => !deleted && !hidden));
  return new Set(told.flatMap(({ secret }) => secret ?? []));
}

/** Whether a call is about certain texts of the room, and so is told no notes. */
function isAboutSome(how: How): boolean {
  return how === 'last' || how === 'unread' || how === 'week' || isAboutOne(how);
}

/** Keeps the text that an answer shows beside those that it had. */
function keepVersion({ versions, shown, secret }: Said): void {
  versions.push({ attempt: shown, secret });
}

function say(room: RoomState, text: Pick<Said, 'author' | 'secret' | 'answers' | 'by' | 'command'> & Partial<Pick<Said, 'apart'>>): Said {
  const fresh = { deleted: false, hidden: false, wasHidden: false, apart: false, attempt: 1, shown: 1, versions: [] };
  const said: Said = { at: room.said.length, ...fresh, ...text };
  room.said.push(said);
  return said;
}

function answer(room: RoomState, { character, answer: secret, apart = false }: Call, answers: number, by: Who): Said {
  return say(room, { author: character, secret, answers, by, command: false, apart });
}

/** Whether a text that calls so has words of its own. */
export function hasText(how: 'text' | How): boolean {
  return !isAboutOne(how) && how !== 'summary' && how !== 'last' && how !== 'unread' && how !== 'week' && how !== 'catchup';
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
