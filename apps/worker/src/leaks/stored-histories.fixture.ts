import type { Avatar, ReplyRequest } from '@parley/contracts';
import type { ReplyTask, Wish } from '@parley/core/jobs/claimed-reply';
import { Prisma } from '@parley/db';
import { createModels } from '../models/providers.js';
import { prepareCall } from '../replies/prepare-call.js';
import type { WorkerWorld } from '../replies/worker.fixture.js';
import {
  happen,
  hasText,
  mayCatchUpOn,
  mayKnow,
  newState,
  secretOf,
  secretsIn,
  type Call,
  type Character,
  type Happened,
  type RoomState,
  type State,
  type Step,
  type Who,
} from './history.fixture.js';

/**
 * Histories of which only what they leave in the database is written, many at once, and the one request that ends each is made as a worker
 * makes it. That the calls of people leave the same is what `live-histories.fixture.ts` shows.
 */

/** What stands in `messages`. */
interface Line {
  id: string;
  roomId: string;
  seq: number;
  rev: number;
  kind: 'text' | 'reply' | 'system';
  author: string;
  content: string;
  hidden: boolean;
  status: string | null;
  edited: boolean;
  deleted: boolean;
  /** Of an answer, the id of what it answers. */
  answers: string | null;
  /** Of an answer, whether another of its texts was chosen. */
  chosen: boolean;
}

/** What stands in `room_notes`. */
interface NoteLine {
  id: string;
  roomId: string;
  number: number;
  text: string;
  sourceId: string | null;
  kept: boolean;
}

/** What stands in `reply_versions`. */
interface VersionLine {
  messageId: string;
  attempt: number;
  content: string;
}

/** What stands in `summary_steps`. */
interface SummaryStep {
  characterId: string;
  roomId: string;
  fromSeq: number;
  upToSeq: number;
  step: number;
  validRev: number;
  text: string;
}

/** A room of a history as the database is to have it. */
interface StoredRoom {
  id: string;
  seq: number;
  rev: number;
  /** By the place of the text. */
  texts: Line[];
  lines: Line[];
  joined: Map<Character, number>;
  summaries: Map<Character, SummaryStep[]>;
  notes: NoteLine[];
  versions: VersionLine[];
  /** The people who are there; others have left. */
  members: readonly Who[];
  /** What the answer said that was written again last. */
  before: string;
}

/** What ends a history: a call, for which nothing but `allowed` may be told; all of it, if `whole`. */
export interface StoredHistory {
  rooms: StoredRoom[];
  claim: ReplyTask;
  how: string;
  allowed: Set<string>;
  whole: boolean;
}

const providers = ['openai', 'anthropic', 'google', 'built-in'] as const;
const avatar: Avatar = { hue: 1, glyph: null };

/** Ids of one kind, the same for the same history. */
function id(kind: number, history: number, number: number): string {
  return `${String(kind).padStart(8, '0')}-0000-7000-8000-${(history * 1_000 + number).toString(16).padStart(12, '0')}`;
}

const characterId = (character: Character): string => id(3, 0, { ada: 1, lin: 2, vic: 3 }[character]);
const personId = (who: number): string => id(4, 0, who);

/** @param next random numbers; the steps of the history, and what is random beside them, come of it */
export function storedHistory(history: number, steps: readonly Step[], next: () => number): StoredHistory | null {
  const state = newState(history);
  let secrets = 0;
  const fresh = () => secretOf(history, ++secrets);
  const rooms = { open: newRoom(id(1, history, 1)), closed: newRoom(id(1, history, 2)) };
  for (const name of ['open', 'closed'] as const)
    for (const character of state[name].characters.keys()) rooms[name].joined.set(character, 0);
  const take = (step: Step): Happened | null => {
    const what = happen(state, step, fresh);
    if (what) store(rooms[what.room], state[what.room], what, { history, fresh, next });
    return what;
  };
  for (const step of steps) {
    const what = take(step);
    if (what && next() < 0.15) remember(rooms[what.room], state[what.room], next);
  }
  const kinds = ['say', 'say', 'private', 'regenerate'] as const;
  for (let tries = 0; tries < 50; tries++) {
    const pick = () => Math.floor(next() * 1_000);
    const last = take({ kind: kinds[Math.floor(next() * kinds.length)]!, a: pick(), b: pick(), c: pick() });
    const asked =
      last?.type === 'private' && last.how === 'catchup'
        ? catchUpOf(last, state, rooms)
        : last && askedBy(last, state[last.room], rooms[last.room]);
    if (!last || !asked) continue;
    for (const name of ['open', 'closed'] as const)
      keepRest(rooms[name], state[name], (number) => id(6, history, number + (name === 'open' ? 0 : 500)));
    return { rooms: [rooms.open, rooms.closed], ...asked, how: 'how' in last ? `${last.type} ${last.how}` : last.type };
  }
  return null;
}

function newRoom(roomId: string): StoredRoom {
  return {
    id: roomId,
    seq: 0,
    rev: 1,
    texts: [],
    lines: [],
    joined: new Map(),
    summaries: new Map(),
    notes: [],
    versions: [],
    members: [],
    before: '',
  };
}

/** Writes down what a history leaves beside its texts. */
function keepRest(room: StoredRoom, { said, notes, members }: RoomState, noteId: (number: number) => string): void {
  room.notes = notes.map(({ number, secret, source, kept }) => {
    const sourceId = source === null ? null : room.texts[source]!.id;
    return { id: noteId(number), roomId: room.id, number, text: `Remember ${secret}.`, sourceId, kept };
  });
  room.members = [...members];
  room.versions = said.flatMap(({ at, deleted, versions }) =>
    versions.map(({ attempt, secret }) => ({
      messageId: room.texts[at]!.id,
      attempt,
      content: deleted || secret === null ? '' : `${secret} it is.`,
    })),
  );
}

/** Does to the stored room what happened in it. */
function store(
  room: StoredRoom,
  state: RoomState,
  what: Happened,
  { history, fresh, next }: { history: number; fresh: () => string; next: () => number },
): void {
  const add = (kind: Line['kind'], author: string, content: string, status: string | null = null): Line => {
    const seq = ++room.seq;
    const place = { id: id(2, history, seq + (what.room === 'open' ? 0 : 500)), roomId: room.id, seq, rev: ++room.rev };
    const rest = { hidden: false, edited: false, deleted: false, answers: null, chosen: false };
    const line: Line = { ...place, kind, author, content, status, ...rest };
    room.lines.push(line);
    return line;
  };
  while (room.texts.length < state.said.length) {
    const said = state.said[room.texts.length]!;
    const isText = typeof said.author === 'number';
    // Some answers have failed, and so called nobody: what they had said so far is told to nobody.
    const failed = !isText && next() < 0.1 && !state.said.some(({ answers }) => answers === said.at);
    const content = failed ? fresh() : `${said.secret ?? '/summary'} it is.`;
    if (failed) said.secret = null;
    const line = add(isText ? 'text' : 'reply', String(said.author), content, isText ? null : failed ? 'failed' : 'complete');
    line.answers = said.answers === null ? null : room.texts[said.answers]!.id;
    room.texts.push(line);
  }
  switch (what.type) {
    case 'say':
    case 'private':
    case 'refused':
      return;
    case 'note':
    case 'rewrite':
    case 'unnote':
      room.rev++;
      return;
    case 'edit':
    case 'regenerate':
    case 'choose':
    case 'delete':
    case 'hide':
    case 'show': {
      const { secret, deleted, hidden } = state.said[what.at]!;
      if (what.type === 'regenerate') room.before = room.texts[what.at]!.content;
      Object.assign(room.texts[what.at]!, { rev: ++room.rev, hidden, deleted, content: deleted ? '' : `${secret} it is.` });
      if (what.type === 'edit') room.texts[what.at]!.edited = true;
      if (what.type === 'regenerate' || what.type === 'choose')
        Object.assign(room.texts[what.at]!, { status: 'complete', chosen: what.type === 'choose' });
      return;
    }
    default:
      // No character is told what happened in a room, and a topic may be in it.
      add('system', '', fresh());
      if (what.type === 'bring') room.joined.set(what.character, room.seq);
  }
}

/** Keeps one more step of a summary, which holds every secret it was made of, and the steps before it. */
function remember(room: StoredRoom, state: RoomState, next: () => number): void {
  const characters = [...state.characters.keys()];
  const character = characters[Math.floor(next() * characters.length)];
  if (!character || state.said.length === 0) return;
  const upTo = Math.floor(next() * state.said.length);
  const upToSeq = room.texts[upTo]!.seq;
  // Nobody calls for a summary, so nothing is told but what was said since the character came.
  const known = mayKnow({ ...state, said: state.said.slice(0, upTo + 1), notes: [] }, character, upTo + 1);
  const text = [...known].join(' ') || 'Nothing.';
  const place = { characterId: characterId(character), roomId: room.id, fromSeq: room.joined.get(character)! };
  // Steps from before the character came back go with the first of the new ones.
  const before = (room.summaries.get(character) ?? []).filter((step) => step.fromSeq === place.fromSeq && step.upToSeq < upToSeq);
  room.summaries.set(character, [...before, { ...place, upToSeq, step: before.length + 1, validRev: room.rev, text }]);
}

/** The call that ends a history as a worker claims it. */
function askedBy(what: Happened, state: RoomState, room: StoredRoom): Pick<StoredHistory, 'claim' | 'allowed' | 'whole'> | null {
  if (what.type !== 'say' && what.type !== 'private' && what.type !== 'regenerate') return null;
  const call: Call | undefined = what.type === 'say' ? what.calls[0] : what.call;
  if (!call) return null;
  const { character, how } = call;
  const isPrivate = what.type === 'private';
  const before = isPrivate
    ? state.said.length
    : what.type === 'regenerate'
      ? what.at
      : state.said.findIndex(({ secret }) => secret === call.answer);
  const allowed = mayKnow(state, character, before, how);
  if (before === -1) return null;
  // What is being answered has no text yet.
  const answer = room.texts[before];
  if (answer) Object.assign(answer, { content: '', status: 'queued' });
  const trigger = what.type === 'say' ? room.texts[before - 1]! : isPrivate ? null : room.texts[state.said[before]!.answers!]!;
  const question = what.type === 'regenerate' ? secretOfText(trigger) : hasText(how) ? what.secret : null;
  if (isPrivate && question) allowed.add(question);
  // The wish holds the text that was, of an answer that was not hidden.
  const wish = what.type === 'regenerate' && what.wish !== null ? wishOf(what.wish, answer!.hidden ? null : room.before) : null;
  for (const secret of secretsIn(JSON.stringify(wish))) allowed.add(secret);
  const scope = scopeOf(what, room);
  const request: ReplyRequest = {
    trigger: { kind: kindOf(how), messageId: trigger?.id ?? id(5, 0, 1) },
    question: question && `${question} what do we know?`,
    scope,
    ...(how === 'translate' ? { data: { language: 'French' } } : {}),
    ...(call.apart ? { apart: true } : {}),
  };
  const asker = { id: personId(0), name: 'Tess', handle: 'tess', avatar };
  const claim: ReplyTask = {
    id: answer?.id ?? id(5, 0, 2),
    attempt: 1,
    roomId: room.id,
    tries: 0,
    call: null,
    stopRequested: false,
    steps: [],
    character: {
      id: characterId(character),
      name: character,
      handle: character,
      systemPrompt: '',
      model: null,
      temperature: null,
      tools: [],
      joinedSeq: room.joined.get(character)!,
    },
    askedBy: asker,
    paidBy: asker.id,
    addressee: { type: 'user', ...asker },
    request,
    wish,
    message: { seq: answer?.seq ?? room.seq + 1, createdAt: new Date().toISOString() },
    ...(isPrivate ? { onlyForAsker: true } : {}),
  };
  // With a summary, what was shown again since may be missing.
  const whole = (scope === null || scope.kind === 'recent') && !room.summaries.has(character);
  return { claim, allowed, whole };
}

/**
 * A catch-up that ends a history as a worker claims it. It names both rooms, as if the asker had been in both when they asked: the worker asks
 * who is still there.
 */
function catchUpOf(
  { who, room, call }: Extract<Happened, { type: 'private' }>,
  state: State,
  rooms: Record<'open' | 'closed', StoredRoom>,
): Pick<StoredHistory, 'claim' | 'allowed' | 'whole'> | null {
  const asked = askedBy({ room, type: 'private', who, secret: '', how: 'summary', at: null, call }, state[room], rooms[room]);
  if (!asked) return null;
  const { claim } = asked;
  const asker = { ...claim.askedBy, id: personId(who) };
  const all = [rooms.open, rooms.closed].map(({ id: roomId, seq }) => ({ roomId, sinceSeq: 0, upToSeq: seq }));
  const request: ReplyRequest = {
    trigger: { kind: 'catchup', messageId: claim.id },
    question: null,
    scope: { kind: 'rooms', rooms: all, leftOut: { muted: 0, paused: 0, more: 0 } },
  };
  return { claim: { ...claim, request, askedBy: asker, paidBy: asker.id }, allowed: mayCatchUpOn(state, who), whole: true };
}

function wishOf(secret: string, before: string | null): Wish {
  return { by: { name: 'Tess', handle: 'tess' }, instruction: `Shorter, and of ${secret}.`, of: 1, before };
}

function secretOfText(line: Line | null): string | null {
  return line && ([...secretsIn(line.content)][0] ?? null);
}

function kindOf(how: Call['how']): string {
  if (how === 'side') return 'ask';
  return how === 'last' || how === 'unread' || how === 'week' || how === 'since' ? 'summary' : how;
}

function scopeOf(what: Happened, room: StoredRoom): ReplyRequest['scope'] {
  if (what.type !== 'say' && what.type !== 'private') return null;
  const target = what.at === null ? '' : room.texts[what.at]!.id;
  switch (what.how) {
    case 'summary':
      return { kind: 'recent' };
    case 'last':
      return { kind: 'last', count: 3 };
    case 'unread':
      return { kind: 'unread', sinceSeq: Math.floor(room.seq / 2) };
    case 'week':
      return { kind: 'week' };
    case 'since':
      return { kind: 'since', messageId: target };
    case 'translate':
      return { kind: 'message', messageId: target };
    default:
      return null;
  }
}

/** Writes what the histories leave. */
export async function storeAll({ deps: { db } }: WorkerWorld, histories: readonly StoredHistory[]): Promise<void> {
  const rooms = histories.flatMap((history) => history.rooms);
  const json = (rows: readonly object[]) => Prisma.sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)`;
  await db.$executeRaw(Prisma.sql`
    with rooms as (
      insert into rooms (id, name, visibility, rev) select id, 'Room', 'public', rev from ${json(rooms.map(({ id, rev }) => ({ id, rev })))} as r (id uuid, rev int)
      returning id, rev
    )
    insert into room_counters (room_id, last_seq, last_rev) select id, 0, rev from rooms`);
  const people = ([0, 1, 2] as const).map((who) => ({ id: personId(who), username: `person${who}` }));
  await db.$executeRaw(Prisma.sql`
    with handles as (insert into handles (handle) select username from ${json(people)} as p (username text) on conflict do nothing)
    insert into users (id, username, display_name, avatar) select id, username, username, '{"hue":1,"glyph":null}'
    from ${json(people)} as p (id uuid, username text) on conflict do nothing`);
  const members = rooms.flatMap(({ id: roomId, rev, members: there }) =>
    people.map(({ id: userId }, who) => ({ roomId, userId, rev, left: there.includes(who as Who) ? null : rev })),
  );
  await db.$executeRaw(Prisma.sql`
    insert into room_members (room_id, user_id, role, rev, left_rev) select "roomId", "userId", 'member', rev, "left"
    from ${json(members)} as m ("roomId" uuid, "userId" uuid, rev int, "left" int)`);
  const lines = rooms.flatMap((room) =>
    room.lines.map(({ author, ...line }) => ({ ...line, ...authorOf(author), edited_at: line.edited, deleted_at: line.deleted })),
  );
  await db.$executeRaw(Prisma.sql`
    insert into messages (id, room_id, seq, rev, kind, author_type, author_id, author_name, author_handle, author_avatar, content, words, hidden_from_ai,
      status, edited_at, deleted_at, reply)
    select id, "roomId", seq, rev, kind, "authorType", "authorId", handle, handle, '{"hue":1,"glyph":null}', content, '', hidden,
      status, case when edited then now() end, case when deleted then now() end,
      case when kind = 'reply' then jsonb_build_object('trigger', jsonb_build_object('kind', 'mention', 'messageId', answers))
        -- What was chosen was written long before.
        || case when chosen then jsonb_build_object('finishedAt', now() - interval '1 day', 'chosen', jsonb_build_object('attempt', 1, 'at', now()))
          else jsonb_build_object('finishedAt', now()) end end
    from ${json(lines)} as l (id uuid, "roomId" uuid, seq int, rev int, kind text, "authorType" text, "authorId" uuid, handle text, content text,
      hidden boolean, status text, edited boolean, deleted boolean, answers uuid, chosen boolean)`);
  await db.$executeRaw(Prisma.sql`
    insert into room_notes (id, room_id, number, text, author_name, author_handle, source_id, kept, rev)
    select id, "roomId", number, text, 'Tess', 'tess', "sourceId", kept, 1
    from ${json(rooms.flatMap(({ notes }) => notes))} as n (id uuid, "roomId" uuid, number int, text text, "sourceId" uuid, kept boolean)`);
  await db.$executeRaw(Prisma.sql`
    insert into reply_versions (message_id, attempt, content, status, finished_at)
    select "messageId", attempt, content, 'complete', now()
    from ${json(rooms.flatMap(({ versions }) => versions))} as v ("messageId" uuid, attempt int, content text)`);
  await db.$executeRaw(Prisma.sql`
    insert into summary_steps (room_id, character_id, up_to_seq, from_seq, first_seq, step, valid_rev, valid_at, text)
    select "roomId", "characterId", "upToSeq", "fromSeq", "fromSeq" + 1, step, "validRev", now(), text
    from ${json(rooms.flatMap(({ summaries }) => [...summaries.values()].flat()))}
      as s ("roomId" uuid, "characterId" uuid, "fromSeq" int, "upToSeq" int, step int, "validRev" int, text text)`);
}

function authorOf(author: string) {
  if (author === '') return { authorType: 'system', authorId: null, handle: '' };
  if (/^\d$/.test(author)) return { authorType: 'user', authorId: personId(Number(author)), handle: `person${author}` };
  return { authorType: 'character', authorId: characterId(author as Character), handle: author };
}

/** Asks a provider what a worker would ask it, and gives what was put on the wire. */
export function wireOf(world: WorkerWorld): (history: number, claim: ReplyTask) => Promise<string> {
  const sent: string[] = [];
  const record: typeof fetch = async (input, init) => {
    sent.push(`${String(input instanceof Request ? input.url : input)} ${String(init?.body)}`);
    throw new Error('recorded');
  };
  const { settings } = world.runner({ settings: { maxPromptTokens: 100_000 } });
  const models = createModels({
    openaiApiKey: 'k',
    anthropicApiKey: 'k',
    googleApiKey: 'k',
    modelsAllowed: providers.map((name) => `${name}:m`),
  });
  const never = new AbortController().signal;
  return async (history, claim) => {
    const provider = providers[history % providers.length]!;
    const resolved = models.resolve(provider === 'built-in' ? provider : `${provider}:m`);
    const { call } = await prepareCall(world.deps, claim, resolved, settings, never);
    // What the built-in model reads goes to nobody, but its answer quotes it.
    if (provider === 'built-in') return JSON.stringify(call);
    const { fetch } = globalThis;
    globalThis.fetch = record;
    try {
      await Promise.resolve(resolved.model.doStream(call)).catch(() => {});
    } finally {
      globalThis.fetch = fetch;
    }
    return sent.pop() ?? '';
  };
}
