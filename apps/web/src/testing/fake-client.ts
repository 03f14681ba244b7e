import type { MessageView } from '@parley/contracts';
import { helpText, parseCommand } from '@parley/contracts/commands';
import { createTRPCClient } from '@trpc/client';
import type { AppRouter } from '../client/trpc.js';
import type { AuthState, InboxState, ParleyClient, RoomSession, RoomState } from '../client/types.js';
import { fakeLink, type ChangeMessage } from './fake-link.js';
import * as scene from './scene.js';

/** A value with listeners. */
class Store<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();
  constructor(value: T) {
    this.#value = value;
  }
  get = () => this.#value;
  set = (value: T) => {
    this.#value = value;
    for (const listener of this.#listeners) listener();
  };
  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };
}

export type Scene = 'room' | 'signed-out' | 'empty' | 'states' | 'history' | 'busy' | 'away';

/** A client without a server, for looking at the page. It behaves as `@parley/client/trpc` promises to. */
export function createFakeClient(which: Scene): ParleyClient {
  const auth = new Store<AuthState>(which === 'signed-out' ? { kind: 'signedOut' } : { kind: 'signedIn', user: scene.me });
  const inbox = new Store<InboxState>({
    rooms: which === 'empty' ? [] : [{ room: scene.lobby, mine: scene.mine() }, ...scene.otherRooms],
    privateReplies: [],
    invitations: which === 'states' ? scene.invitations : [],
  });
  let changeMessage: ChangeMessage = () => undefined;
  return {
    auth: {
      get state() {
        return auth.get();
      },
      subscribe: auth.subscribe,
      register: async () => auth.set({ kind: 'signedIn', user: scene.me }),
      login: async ({ password }) => {
        if (password === 'wrong') throw callError('INVALID_CREDENTIALS', 'The username or the password is wrong.');
        auth.set({ kind: 'signedIn', user: scene.me });
      },
      logout: async () => auth.set({ kind: 'signedOut' }),
      restore: async () => undefined,
      accessToken: () => null,
      freshToken: () => new Promise(() => undefined),
      update: (changes) => auth.set({ kind: 'signedIn', user: { ...scene.me, ...changes } }),
    },
    connection: {
      state: which === 'states' ? { kind: 'reconnecting', rttMs: null } : { kind: 'connected', rttMs: 24 },
      subscribe: () => () => undefined,
    },
    server: { state: { away: which === 'away' ? ['bus', 'limits'] : [] }, subscribe: () => () => undefined, check: () => undefined },
    trpc: createTRPCClient<AppRouter>({ links: [fakeLink({ change: (id, change) => changeMessage(id, change) })] }),
    openRoom: (roomId) => {
      const room = openFakeRoom(roomId, which);
      changeMessage = room.change;
      return room.session;
    },
    openInbox: () => ({ getSnapshot: inbox.get, subscribe: inbox.subscribe, close: () => undefined }),
    hasUnsent: () => false,
    close: async () => undefined,
  };
}

function callError(appCode: string, message: string): Error {
  return Object.assign(new Error(message), { data: { appCode } });
}

function openFakeRoom(roomId: string, which: Scene): { session: RoomSession; change: ChangeMessage } {
  const known = scene.otherRooms.find((other) => other.room.id === roomId);
  const room = known?.room ?? scene.lobby;
  const messages = sceneMessages(which);
  const last = messages.at(-1)?.seq ?? 0;
  const state = new Store<RoomState>({
    status: 'live',
    error: null,
    room,
    mine: {
      ...scene.mine(which === 'room' ? 2 : 0),
      lastReadSeq: which === 'room' ? 202 : last,
      lastSeq: last,
      direct: known?.mine.direct ?? null,
      role: 'owner',
    },
    members: [
      { user: scene.bo, role: 'owner', joinedAt: scene.lobby.createdAt, rev: 1 },
      { user: scene.me, role: 'member', joinedAt: scene.lobby.createdAt, rev: 2 },
      { user: scene.cy, role: 'member', joinedAt: scene.lobby.createdAt, rev: 3 },
    ],
    hasMoreMembers: false,
    characters: [
      { character: scene.ada, autoReply: 'mention', joinedAt: scene.lobby.createdAt, rev: 4 },
      { character: scene.socrates, autoReply: 'always', joinedAt: scene.lobby.createdAt, rev: 5 },
    ],
    messages,
    hasOlder: which === 'history',
    hasNewer: false,
    pending: [],
    privateReplies: [],
    typing: which === 'room' ? [scene.bo.id] : [],
    queue: null,
    online: [scene.bo.id, scene.cy.id, scene.me.id],
    onlineCount: 3,
  });
  const texts = new Map<string, string>();
  const listeners = new Map<string, Set<() => void>>();
  const timers = new Set<ReturnType<typeof setInterval>>();
  const patch = (change: Partial<RoomState>) => state.set({ ...state.get(), ...change });
  const upsert = (message: MessageView) =>
    patch({ messages: [...state.get().messages.filter(({ id }) => id !== message.id), message].sort((a, b) => a.seq - b.seq) });

  const stream = (message: MessageView, text: string, perTick: number, everyMs: number) => {
    let length = 0;
    const timer = setInterval(() => {
      length = Math.min(text.length, length + perTick);
      texts.set(message.id, text.slice(0, length));
      for (const listener of listeners.get(message.id) ?? []) listener();
      if (length < text.length) return;
      clearInterval(timer);
      if (text !== scene.summary) upsert({ ...message, status: 'complete', content: text, rev: message.rev + 1 });
    }, everyMs);
    timers.add(timer);
  };
  const writing = messages.find(({ status }) => status === 'streaming');
  if (writing) stream(writing, which === 'busy' ? scene.longReply.repeat(20) : scene.summary, which === 'busy' ? 8 : 400, 40);
  if (which === 'states') {
    patch({
      pending: [
        {
          clientId: scene.id(7001),
          content: 'This one is on its way',
          replyTo: null,
          createdAt: new Date().toISOString(),
          state: 'sending',
          error: null,
        },
        {
          clientId: scene.id(7002),
          content: 'And this one did not get through',
          replyTo: null,
          createdAt: new Date().toISOString(),
          state: 'failed',
          error: { code: 'UNAVAILABLE', message: 'A part of the server is away for the moment. It is safe to try again.' },
        },
      ],
      privateReplies: [
        { id: scene.id(7100), roomId, attempt: 0, content: helpText(), status: 'complete', createdAt: new Date().toISOString() },
      ],
    });
  }

  const session: RoomSession = {
    roomId,
    getSnapshot: state.get,
    subscribe: state.subscribe,
    send(content, { replyTo = null } = {}) {
      const clientId = crypto.randomUUID();
      const createdAt = new Date().toISOString();
      patch({ pending: [...state.get().pending, { clientId, content, replyTo, createdAt, state: 'sending', error: null }] });
      setTimeout(() => {
        const seq = (state.get().messages.at(-1)?.seq ?? 0) + 1;
        const parsed = parseCommand(content);
        const pending = state.get().pending.filter((item) => item.clientId !== clientId);
        if (parsed.kind === 'command' && 'args' in parsed.call) {
          patch({
            pending,
            privateReplies: [
              ...state.get().privateReplies,
              { id: clientId, roomId, attempt: 0, content: helpText(), status: 'complete', createdAt },
            ],
          });
          return;
        }
        const sent = { ...scene.message(seq, scene.me, '00:00', content), createdAt, clientId, replyTo };
        patch({ pending, messages: [...state.get().messages, sent] });
        if (parsed.kind !== 'command') return;
        const answer = scene.reply(seq + 1, sent, 'streaming');
        upsert(answer);
        stream(answer, scene.longReply, 6, 30);
      }, 250);
      return clientId;
    },
    retry: (clientId) =>
      patch({
        pending: state.get().pending.map((item) => (item.clientId === clientId ? { ...item, state: 'sending', error: null } : item)),
      }),
    discard: (clientId) => patch({ pending: state.get().pending.filter((item) => item.clientId !== clientId) }),
    async loadOlder() {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const first = state.get().messages[0]!.seq;
      const older = Array.from({ length: 50 }, (_, index) => first - 50 + index).map(historyMessage);
      patch({ messages: [...older, ...state.get().messages], hasOlder: first - 50 > 5 });
    },
    loadNewer: async () => undefined,
    loadMembers: async () => undefined,
    showAround: async () => true,
    stay: () => undefined,
    showLatest: async () => undefined,
    async stop(messageId) {
      const message = state.get().messages.find(({ id }) => id === messageId)!;
      upsert({ ...message, status: 'stopped', content: texts.get(messageId) ?? '', reply: { ...message.reply!, stoppedBy: scene.me.id } });
    },
    markRead: () => undefined,
    dismissPrivate: (id) => patch({ privateReplies: state.get().privateReplies.filter((reply) => reply.id !== id) }),
    onEvent: () => () => undefined,
    close: () => timers.forEach((timer) => clearInterval(timer)),
    replyText(messageId) {
      const text = texts.get(messageId);
      return text === undefined ? undefined : { attempt: 1, text };
    },
    subscribeReply(messageId, listener) {
      const set = listeners.get(messageId) ?? new Set();
      listeners.set(messageId, set.add(listener));
      return () => void set.delete(listener);
    },
  };
  const change: ChangeMessage = (messageId, make) => {
    const known = state.get().messages.find(({ id }) => id === messageId);
    if (known) upsert({ ...known, ...make(known), rev: known.rev + 1 });
    return known;
  };
  return { session, change };
}

function historyMessage(seq: number): MessageView {
  const author = [scene.bo, scene.cy, scene.me][Math.floor(seq / 3) % 3]!;
  // Newest last: the seqs of a scene end at 400 or 10,000.
  const day = -Math.floor(((seq > 400 ? 10_000 : 400) - seq) / 90);
  return scene.message(
    seq,
    author,
    `${String(8 + (Math.floor(seq / 6) % 12)).padStart(2, '0')}:${String(seq % 60).padStart(2, '0')}`,
    `Message ${seq}. ${'The importer reads the file twice. '.repeat(1 + (seq % 4))}`,
    day,
  );
}

function sceneMessages(which: Scene): MessageView[] {
  if (which === 'empty') return [];
  const first = scene.message(
    201,
    scene.bo,
    '14:02',
    'Migration is green on staging. I would ship Friday, but the importer still takes 40 s for a gigabyte.',
  );
  first.reactions = [
    { emoji: '👍', userIds: [scene.bo.id, scene.me.id, scene.cy.id], count: 3 },
    { emoji: '🚢', userIds: [scene.cy.id], count: 1 },
  ];
  const second = scene.message(202, scene.cy, '14:04', scene.code);
  const asked = scene.message(203, scene.me, '14:11', '/summary unread');
  switch (which) {
    case 'history':
      return Array.from({ length: 60 }, (_, index) => historyMessage(341 + index));
    case 'busy':
      return [...Array.from({ length: 10_000 }, (_, index) => historyMessage(index + 1)), scene.reply(10_001, asked, 'streaming')];
    case 'states': {
      const thinking = scene.reply(206, asked, 'queued');
      const system = { ...scene.message(200, scene.bo, '14:00', 'Bo Lindqvist added Cy Adeyemi.'), kind: 'system' as const };
      return [
        { ...system, author: { ...system.author, type: 'system', id: null } },
        { ...first, editedAt: first.createdAt, pinnedAt: first.createdAt },
        { ...second, deletedAt: second.createdAt, content: '', reactions: [] },
        { ...scene.message(203, scene.cy, '14:05', 'Then let us do **one pass**.'), replyTo: first.id, editedAt: first.createdAt },
        {
          ...scene.reply(204, asked, 'complete', scene.longReply),
          attempt: 3,
          error: { code: 'MODEL_CUT', message: 'The model’s answer was cut off.' },
        },
        { ...scene.reply(205, asked, 'stopped', 'Ship on Friday if the'), reply: { ...thinking.reply!, stoppedBy: scene.bo.id } },
        { ...scene.reply(207, asked, 'failed', 'The importer is'), error: { code: 'MODEL_TIMEOUT', message: 'The model went silent.' } },
        thinking,
        { ...scene.reply(208, asked, 'queued') },
      ];
    }
    default:
      return [first, second, asked, scene.reply(204, asked, 'streaming')];
  }
}
