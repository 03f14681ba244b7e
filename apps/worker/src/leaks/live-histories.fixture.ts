import { randomUUID } from 'node:crypto';
import { AppError, type AutoReply, type MessageView } from '@parley/contracts';
import { addCharacter } from '@parley/core/characters/add-character';
import { createCharacter } from '@parley/core/characters/create-character';
import { removeCharacter } from '@parley/core/characters/remove-character';
import { acceptInvitation } from '@parley/core/members/accept-invitation';
import { addMember } from '@parley/core/members/add-member';
import { joinRoom } from '@parley/core/members/join-room';
import { leaveRoom } from '@parley/core/members/leave-room';
import { removeMember } from '@parley/core/members/remove-member';
import { summaryJobs } from '@parley/core/memory/room-summary-sink';
import { deleteMessage } from '@parley/core/messages/delete-message';
import { editMessage } from '@parley/core/messages/edit-message';
import { hideFromAi } from '@parley/core/messages/hide-from-ai';
import { postMessage } from '@parley/core/messages/post-message';
import { removeNote } from '@parley/core/notes/remove-note';
import { saveNote } from '@parley/core/notes/save-note';
import { findAgentAttempt } from '@parley/core/replies/agent-attempt';
import { ambientJobs } from '@parley/core/replies/ambient-sink';
import { chooseVersion } from '@parley/core/replies/choose-version';
import { claimAgentTask } from '@parley/core/replies/claim-agent-task';
import { endAgentTask } from '@parley/core/replies/end-agent-task';
import { privateReplyJobs } from '@parley/core/replies/private-reply-sink';
import { regenerateReply } from '@parley/core/replies/regenerate-reply';
import { createRoom } from '@parley/core/rooms/create-room';
import { updateRoom } from '@parley/core/rooms/update-room';
import type { TestUser } from '@parley/core/testing';
import { Prisma } from '@parley/db';
import { promptText, startModelServer, type ModelServer, type RecordedRequest } from '@parley/model-server';
import { createModels } from '../models/providers.js';
import { jobRunners } from '../replies/job-runners.js';
import { runPrivateReply, runReply } from '../replies/reply-runner.js';
import { runAmbient } from '../replies/run-ambient.js';
import type { RunnerDeps } from '../replies/runner-deps.js';
import { createWorkerWorld, type WorkerWorld } from '../replies/worker.fixture.js';
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
  type How,
  type RoomName,
  type Said,
  type State,
  type Step,
  type Who,
} from './history.fixture.js';

/** The providers whose wire format a history is told in, in turn. */
const wires = ['openai', 'anthropic', 'google'] as const;
/** So few that rooms of some messages need summaries. */
const maxPromptTokens = 1_200;
/** Makes each text a part of what a prompt may hold. */
const words = ' We spoke of boats, of tea, and of who brings which of them to the harbour on which day.'.repeat(3);
const nothing = new AbortController().signal;
const claimant = { id: 'test', leaseMs: 60_000 };

/** What a provider was told that it must not be told, or what went otherwise than the history says. */
export class Leak extends Error {}

/** Makes histories happen, by the calls that people make, and answers what they ask as workers and agents do. */
export interface LiveHistories extends AsyncDisposable {
  /** Requests that providers and agents were given, of all histories. */
  readonly told: Record<(typeof wires)[number] | 'agent', number>;
  /** Summaries that were asked for. */
  readonly summaries: number;
  /** Secrets that were told, all of which may be. */
  readonly secrets: number;
  /** How often each kind of thing happened. */
  readonly happened: Map<string, number>;
  /** @throws Leak */
  run(history: number, steps: readonly Step[]): Promise<void>;
}

export async function liveHistories(): Promise<LiveHistories> {
  const world = await createWorkerWorld();
  const server = await startModelServer();
  const { access } = world.world;
  const people = [world.world.owner, await world.world.register('bo'), await world.world.register('cy')] as const;
  const named = await world.deps.db.character.findMany({ where: { handle: { in: ['ada', 'lin'] } } });
  // They look things up before they answer, in private too.
  await world.deps.db.character.updateMany({ where: { handle: { in: ['ada', 'lin'] } }, data: { tools: ['search_room', 'read_notes'] } });
  const ids = new Map(named.map(({ handle, id }) => [handle, id]));
  const rest = { tagline: '', systemPrompt: 'You are kind.', temperature: null, greeting: '' };
  for (const [handle, name, model] of [
    ['vic', 'Vic', null],
    ['wes', 'Wes', 'agent'],
  ] as const) {
    ids.set(handle, (await createCharacter(world.deps, people[0].actor, { ...rest, handle, name, model })).character.id);
  }
  const runners = wires.map((wire) =>
    world.runner({
      deps: {
        models: createModels({
          openaiBaseUrl: server.url,
          anthropicBaseUrl: server.anthropicUrl,
          googleBaseUrl: server.googleUrl,
          defaultModel: `${wire}:scripted`,
        }),
      },
      settings: { maxPromptTokens },
    }),
  );
  const happened = new Map<string, number>();
  const told = { openai: 0, anthropic: 0, google: 0, agent: 0 };
  const totals = { summaries: 0, secrets: 0 };
  return {
    told,
    happened,
    get summaries() {
      return totals.summaries;
    },
    get secrets() {
      return totals.secrets;
    },
    async run(history, steps) {
      const one = new LiveHistory({ world, server, people, ids, runner: runners[history % wires.length]! }, history, (counted) => {
        for (const request of counted.requests) {
          if (typeof request === 'string') told.agent++;
          else {
            told[request.protocol]++;
            if (isSummary(request)) totals.summaries++;
          }
        }
        totals.secrets += counted.secrets;
      });
      await one.begin();
      for (const step of steps) {
        for (const type of await one.step(step)) happened.set(type, (happened.get(type) ?? 0) + 1);
      }
      await one.compareRows();
      // Each history has rooms of its own, so nobody's list of rooms grows.
      access.invalidate('');
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

interface Parts {
  world: WorkerWorld;
  server: ModelServer;
  people: readonly [TestUser, TestUser, TestUser];
  /** Ids of characters, by handle. */
  ids: ReadonlyMap<string, string>;
  runner: RunnerDeps;
}

/** Takes in what was told. An agent is given a text. */
type Count = (told: { requests: readonly (RecordedRequest | string)[]; secrets: number }) => void;

class LiveHistory {
  readonly #parts: Parts;
  readonly #history: number;
  readonly #count: Count;
  readonly #state: State;
  readonly #rooms: Record<RoomName, string> = { open: '', closed: '' };
  /** Ids of the texts of each room, by their place. */
  readonly #texts: Record<RoomName, string[]> = { open: [], closed: [] };
  #secrets = 0;

  constructor(parts: Parts, history: number, count: Count) {
    this.#parts = parts;
    this.#history = history;
    this.#count = count;
    this.#state = newState(history);
  }

  async begin(): Promise<void> {
    const { world, people } = this.#parts;
    const { deps } = world;
    // The people have read what was said in the histories before, so that a catch-up tells of this one.
    await deps.db.$executeRaw(
      Prisma.sql`update room_members own set last_read_seq = c.last_seq from room_counters c where c.room_id = own.room_id`,
    );
    for (const name of ['open', 'closed'] as const) {
      const visibility = name === 'open' ? ('public' as const) : ('private' as const);
      this.#rooms[name] = (await createRoom(deps, people[0].actor, { name: 'Room', topic: '', visibility })).id;
      await this.#bring(name, 'lin', 'mention');
    }
    if (this.#state.open.characters.has('vic')) await this.#bring('open', this.#handleOf('vic'), this.#state.habit);
    await this.#in('open', 1, 'rooms.join', (room) => joinRoom(deps, room));
    await this.#in('closed', 0, 'rooms.addMember', (room) => addMember(deps, room, people[2].user.username));
  }

  /** @returns what came of the step, and how it called characters */
  async step(step: Step): Promise<string[]> {
    const fresh = () => secretOf(this.#history, ++this.#secrets);
    const what = happen(this.#state, step, fresh);
    if (!what) return [];
    await this.#do(what);
    await this.#summarise();
    const type = 'how' in what ? `${what.type} ${what.how}` : what.type;
    return [type, ...(what.type === 'say' ? what.calls.map(({ how }) => `call ${how}`) : [])];
  }

  /** Holds what the calls left in the database against what the history says: the bulk of the histories rests on it. */
  async compareRows(): Promise<void> {
    for (const name of ['open', 'closed'] as const) {
      const ids = this.#texts[name];
      const rows = await this.#parts.world.deps.db.message.findMany({ where: { id: { in: ids } } });
      const byId = new Map(rows.map((row) => [row.id, row]));
      const stored = ids.map((id) => {
        const { content, hiddenFromAi, deletedAt } = byId.get(id)!;
        return { secret: [...secretsIn(content)][0] ?? null, hidden: hiddenFromAi, deleted: deletedAt !== null };
      });
      const said = this.#state[name].said.map(({ secret, hidden, deleted }) => ({ secret: deleted ? null : secret, hidden, deleted }));
      if (JSON.stringify(stored) !== JSON.stringify(said)) {
        throw new Leak(`the ${name} room is not what the history says:\n${JSON.stringify(stored)}\n${JSON.stringify(said)}`);
      }
      const notes = await this.#parts.world.deps.db.roomNote.findMany({ where: { roomId: this.#rooms[name] }, orderBy: { number: 'asc' } });
      const kept = notes.map((note) => [note.number, [...secretsIn(note.text)][0], ids.indexOf(note.sourceId ?? ''), note.kept]);
      const noted = this.#state[name].notes.map((note) => [note.number, note.secret, note.source ?? -1, note.kept]);
      if (JSON.stringify(kept) !== JSON.stringify(noted)) {
        throw new Leak(`the notes are not what the history says:\n${JSON.stringify(kept)}\n${JSON.stringify(noted)}`);
      }
    }
  }

  async #do(what: Happened): Promise<void> {
    const { world, people, ids } = this.#parts;
    const { deps } = world;
    const { room } = what;
    switch (what.type) {
      case 'say': {
        const { message, replies } = await this.#post(what);
        this.#texts[room].push(message!.id, ...replies.map(({ id }) => id));
        const asked = this.#texts[room].length - replies.length;
        // The answers that answers ask for come after all of them.
        const after: { call: Call; id: string }[] = [];
        for (const [index, call] of what.calls.entries()) {
          if (call.how === 'ambient') {
            await this.#speak(room, call);
            continue;
          }
          await this.#answer(room, call, replies[index]!, asked + index);
          if (!call.next) continue;
          const called = await deps.db.message.findFirstOrThrow({ where: { replyTo: replies[index]!.id } });
          after.push({ call: call.next, id: called.id });
        }
        for (const { call, id } of after) {
          this.#texts[room].push(id);
          await this.#answer(room, call, { id }, this.#texts[room].length - 1);
        }
        return;
      }
      case 'private': {
        const { privateReply } = await this.#post(what);
        const claim = await privateReplyJobs.claim(deps, privateReply!.id, claimant);
        if (!claim && what.how === 'catchup') {
          const known = /^You have read everything\.$|^\d+ messages? that you have not read (?:is|are) hidden from AI/;
          if (!known.test(privateReply!.content)) throw new Leak('a catch-up was neither answered nor begun');
          return;
        }
        const allowed =
          what.how === 'catchup'
            ? mayCatchUpOn(this.#state, what.who)
            : mayKnow(this.#state[room], what.call.character, Infinity, what.how);
        if (hasText(what.how)) allowed.add(what.secret);
        await this.#told(allowed, what.call, () => runPrivateReply(this.#parts.runner, claim!, nothing));
        return;
      }
      case 'edit':
        return this.#of(room, what.at, this.#state[room].said[what.at]!.by, 'messages.edit', async (message) => {
          await editMessage(deps, message, { content: `I meant ${what.secret}.${words}` });
        });
      case 'delete':
        return this.#of(room, what.at, what.by, 'messages.delete', async (message) => void (await deleteMessage(deps, message)));
      case 'hide':
      case 'show':
        return this.#of(room, what.at, what.by, 'messages.hideFromAi', async (message) => {
          await hideFromAi(deps, message, { on: what.type === 'hide' });
        });
      case 'leave':
        return void (await this.#in(room, what.who, 'rooms.leave', (target) => leaveRoom(deps, target)));
      case 'remove': {
        const { username } = people[what.who].user;
        return void (await this.#in(room, 0, 'rooms.removeMember', (target) => removeMember(deps, target, username)));
      }
      case 'join': {
        if (room === 'open') return void (await this.#in(room, what.who, 'rooms.join', (target) => joinRoom(deps, target)));
        const { username } = people[what.who].user;
        const added = await this.#in(room, 0, 'rooms.addMember', (target) => addMember(deps, target, username));
        if ('invitedAt' in added) await this.#in(room, what.who, 'rooms.acceptInvitation', (target) => acceptInvitation(deps, target));
        return;
      }
      case 'bring':
        return this.#bring(room, this.#handleOf(what.character), what.character === 'vic' ? this.#state.habit : 'mention');
      case 'dismiss': {
        const id = ids.get(this.#handleOf(what.character))!;
        return void (await this.#in(room, 0, 'rooms.removeCharacter', (target) => removeCharacter(deps, target, id)));
      }
      case 'topic':
        return void (await this.#in(room, 0, 'rooms.update', (target) => updateRoom(deps, target, { topic: what.secret })));
      case 'regenerate': {
        const { at, wish } = what;
        const instruction = wish === null ? undefined : `Shorter, and of ${wish}.`;
        await this.#of(room, at, what.by, 'replies.regenerate', async (message) => {
          await regenerateReply(deps, message, { instruction });
        });
        const told = wish === null ? [] : [wish, what.before].flatMap((secret) => secret ?? []);
        return this.#answer(room, what.call, { id: this.#texts[room][at]! }, at, told);
      }
      case 'choose':
        return this.#of(room, what.at, what.by, 'replies.choose', async (message) => {
          await chooseVersion(deps, message, { attempt: what.attempt });
        });
      case 'note': {
        const messageId = what.at === null ? null : this.#texts[room][what.at]!;
        return void (await this.#in(room, what.who, 'notes.save', (target) =>
          saveNote(deps, target, { text: `Remember ${what.secret}.`, messageId }),
        ));
      }
      case 'rewrite': {
        const { id: noteId, rev: version } = await this.#note(room, what.number);
        return void (await this.#in(room, what.who, 'notes.save', (target) =>
          saveNote(deps, target, { noteId, text: `Rather ${what.secret}.`, version }),
        ));
      }
      case 'unnote': {
        const { id: noteId } = await this.#note(room, what.number);
        return void (await this.#in(room, what.who, 'notes.remove', (target) => removeNote(deps, target, { noteId })));
      }
      case 'refused':
        return this.#refused(what);
    }
  }

  /** Has the summaries written that answers found missing, as a worker does beside them. */
  async #summarise(): Promise<void> {
    const { world, runner, server } = this.#parts;
    for (;;) {
      const summary = await jobRunners.get(summaryJobs.kind)!.sweep(runner);
      if (!summary) return;
      const { roomId, characterId } = await world.deps.db.job.findUniqueOrThrow({ where: { id: summary.fence.id } });
      const room = roomId === this.#rooms.open ? 'open' : 'closed';
      const handle = [...this.#parts.ids].find(([, id]) => id === characterId)![0];
      const before = server.requests.length;
      // A summary that keeps all that it was given would show it as long as it is used.
      server.script((request) => ({ steps: [[...secretsIn(promptText(request))].join(' ') || 'Nothing.'] }));
      await summary.run(nothing);
      const requests = server.requests.slice(before);
      // Where the room fits a prompt by now, nothing is summarised.
      if (requests.length > 0)
        this.#check(mayKnow(this.#state[room], handle === 'wes' ? 'vic' : (handle as Character), Infinity), requests);
    }
  }

  async #refused({ room, who, secret, again }: Extract<Happened, { type: 'refused' }>): Promise<void> {
    const refusal =
      again === null
        ? this.#post({ room, type: 'say', who, secret, how: 'ask', at: null, calls: [] })
        : this.#of(
            room,
            again,
            who,
            'replies.regenerate',
            async (message) => void (await regenerateReply(this.#parts.world.deps, message)),
          );
    const refused = await refusal.then(
      () => false,
      (error: unknown) => AppError.is(error),
    );
    if (!refused)
      throw new Leak(
        again === null ? `${who} is not in the room and could ask` : `the answer at ${again} has no question and was begun again`,
      );
  }

  #post({ room, type, who, secret, how, at }: Extract<Happened, { type: 'say' | 'private' }>) {
    const { deps } = this.#parts.world;
    const target = at === null ? null : this.#texts[room][at]!;
    const text = `${secret} it is, what do we know?`;
    const alone = type === 'private' ? ' private' : '';
    const content = {
      // Who speaks when it has something to say is asked about what names it.
      text: `${this.#state.habit === 'ambient' ? 'Vic heard' : 'I heard'} ${secret}.${words}`,
      always: '',
      turn: '',
      ambient: '',
      ask: `/ask${alone} ${text}`,
      side: `/ask @ada ${this.#state[room].characters.has('lin') ? '@lin ' : ''}${text}`,
      mention: `@lin ${text}${words}`,
      summary: `/summary${alone}`,
      last: `/summary 3${alone}`,
      unread: `/summary unread${alone}`,
      week: `/summary week${alone}`,
      since: `/summary since ${target}${alone}`,
      decide: `/decide ${text}${alone}`,
      translate: `/translate French${alone}`,
      catchup: '/catchup',
    } satisfies Record<'text' | How, string>;
    const replyTo = how === 'translate' ? target : null;
    return this.#in(room, who, 'messages.send', (into) =>
      postMessage(deps, into, { clientId: randomUUID(), content: content[how], replyTo }),
    );
  }

  /** Has an answer written by whoever writes it. */
  async #answer(room: RoomName, call: Call, { id }: Pick<MessageView, 'id'>, at: number, alsoTold: readonly string[] = []): Promise<void> {
    const { world, runner } = this.#parts;
    const handle = this.#handleOf(call.character);
    const allowed = new Set([...mayKnow(this.#state[room], call.character, at, call.how), ...alsoTold]);
    // At this moment nothing of the answers is written that come after this one.
    if (handle !== 'wes') {
      await this.#told(allowed, call, async () => runReply(runner, await world.claim(id), nothing));
      return;
    }
    const { deps } = world;
    const { actor } = this.#parts.people[0];
    const task = await claimAgentTask(deps, actor, { characterId: this.#parts.ids.get(handle)!, claimant, privateFirst: false });
    if (task?.taskId !== id) throw new Leak('the agent was given another task');
    this.#check(allowed, [JSON.stringify(task)]);
    const { attempt } = await findAgentAttempt(deps, actor, 'agents.write', { id: task.taskId, attempt: task.attempt });
    await endAgentTask(deps, attempt, { text: answerOf(call), stopped: false, usage: null, maxDepth: 2 });
  }

  /** Asks the character that speaks when it has something to say, has it say yes, and has its answer written. */
  async #speak(room: RoomName, call: Call): Promise<void> {
    const { world, runner, server } = this.#parts;
    const roomId = this.#rooms[room];
    const job = await world.deps.db.job.findFirst({ where: { kind: ambientJobs.kind, roomId, state: 'queued' } });
    if (!job) throw new Leak('the character was not asked whether it has something to say');
    const at = this.#texts[room].length;
    const before = server.requests.length;
    server.script(() => ({ steps: ['YES'] }));
    const claim = await ambientJobs.claim(world.deps, job.id, claimant);
    await runAmbient(runner, claim!, nothing);
    this.#check(mayKnow(this.#state[room], call.character, at), server.requests.slice(before));
    const speaks = await world.deps.db.message.findFirst({ where: { roomId, kind: 'reply', status: 'queued' } });
    if (!speaks) throw new Leak('the character had something to say and said nothing');
    this.#texts[room].push(speaks.id);
    await this.#answer(room, call, speaks, at);
  }

  #note(room: RoomName, number: number) {
    return this.#parts.world.deps.db.roomNote.findFirstOrThrow({ where: { roomId: this.#rooms[room], number } });
  }

  /** Does what calls a model, which answers with the call's secret, and checks what the provider was sent meanwhile. */
  async #told(allowed: ReadonlySet<string>, call: Call, work: () => Promise<unknown>): Promise<void> {
    const { server } = this.#parts;
    const before = server.requests.length;
    // What is asked next would show what was found of a text that may not be told.
    const secrets = [...this.#state.closed.said, ...this.#state.open.said].filter(({ deleted, secret }) => !deleted && secret !== null);
    const query =
      secrets.findLast(({ secret }) => !allowed.has(secret!) && secret !== call.answer)?.secret?.replaceAll('-', ' ') ?? 'boats';
    const lookUp = [{ call: { name: 'search_room', arguments: { query } } }, { call: { name: 'read_notes', arguments: {} } }];
    server.script(({ tools, turns }) => ({ steps: tools.length > 0 && turns.at(-1)!.role !== 'tool' ? lookUp : [answerOf(call)] }));
    const outcome = await work();
    if (outcome !== 'complete') throw new Leak(`an answer of ${call.character} to ${call.how} ended as ${String(outcome)}`);
    this.#check(allowed, server.requests.slice(before));
  }

  #check(allowed: ReadonlySet<string>, requests: readonly (RecordedRequest | string)[]): void {
    let secrets = 0;
    for (const request of requests) {
      const text = typeof request === 'string' ? request : JSON.stringify(request.body) + request.path;
      for (const secret of secretsIn(text)) {
        if (!allowed.has(secret)) throw new Leak(`${secret} was told: ${text}`);
        secrets++;
      }
    }
    if (requests.length === 0) throw new Leak('nobody was asked');
    this.#count({ requests, secrets });
  }

  /** Of every fourth history an agent answers everything. */
  #handleOf(character: Said['author']): string {
    return character === 'vic' && this.#history % 4 === 3 ? 'wes' : String(character);
  }

  #bring(room: RoomName, handle: string, autoReply: AutoReply): Promise<void> {
    const characterId = this.#parts.ids.get(handle)!;
    return this.#in(room, 0, 'rooms.addCharacter', async (target) => {
      await addCharacter(this.#parts.world.deps, target, { characterId, autoReply });
    });
  }

  #in<T>(room: RoomName, who: Who, ...[operation, fn]: Tail<Parameters<WorkerWorld['world']['access']['run']>, T>): Promise<T> {
    const { world, people } = this.#parts;
    return world.world.access.run(people[who].actor, this.#rooms[room], operation, fn);
  }

  #of(room: RoomName, at: number, who: Who, ...[operation, fn]: OfMessage): Promise<void> {
    const { world, people } = this.#parts;
    return world.world.access.runOfMessage(people[who].actor, this.#texts[room][at]!, operation, fn);
  }
}

type Access = WorkerWorld['world']['access'];
type Tail<All extends unknown[], T> = [operation: All[2], fn: (room: Parameters<Parameters<Access['run']>[3]>[0]) => Promise<T>];
type OfMessage = [
  operation: Parameters<Access['runOfMessage']>[2],
  fn: (message: Parameters<Parameters<Access['runOfMessage']>[3]>[0]) => Promise<void>,
];

function answerOf({ answer, next }: Call): string {
  return `It is ${answer}.${next ? ` @${next.character} knows more.` : ''}`;
}

function isSummary({ turns }: RecordedRequest): boolean {
  return turns[0]!.text.startsWith('You keep the notes of');
}
