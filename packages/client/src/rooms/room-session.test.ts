import type { RoomEvent } from '@parley/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MemberPage, MessagePage, RoomCalls, RoomDetail } from '../calls.js';
import { Outbox } from '../messages/outbox.js';
import type { FeedObserver } from '../realtime/feed.js';
import { networkError, serverError } from '../testing/call-errors.js';
import { detail, member, message, page, reply, room, roomId } from '../testing/views.js';
import type { RoomData } from './room-data.js';
import { OpenRoom, type RoomSessionOptions } from './room-session.js';

interface Subscription {
  after: number | undefined;
  observer: FeedObserver<{ id: string; data: RoomEvent }>;
  ended: boolean;
}

/** A server that answers what the test gives it. */
function makeAnswers() {
  return {
    members: vi.fn<(input: object) => Promise<MemberPage>>(async () => ({ members: [], next: null, rev: 10 })),
    get: vi.fn<() => Promise<RoomDetail>>(async () => detail(10)),
    list: vi.fn<(input: { before?: number | undefined }) => Promise<MessagePage>>(async () => page(10, [message(1, 3), message(2, 4)])),
    send: vi.fn(async (_input: { clientId: string; content: string }): Promise<unknown> => new Promise(() => {})),
    stop: vi.fn(async () => reply(3, 20, 'stopped', 1, 'so far')),
    dismiss: vi.fn(async (_input: { id: string }): Promise<unknown> => ({})),
    markRead: vi.fn(async (_input: { seq: number }): Promise<unknown> => ({})),
  };
}

/** @param prepare changes the answers that opening the room gets */
function setUp({
  prepare,
  ...options
}: Partial<Pick<RoomSessionOptions, 'after' | 'known' | 'connected' | 'onClose'>> & {
  prepare?: (answers: ReturnType<typeof makeAnswers>) => void;
} = {}) {
  const subscriptions: Subscription[] = [];
  const answers = makeAnswers();
  prepare?.(answers);
  const calls = {
    rooms: {
      get: { query: answers.get },
      members: { query: answers.members },
      markRead: { mutate: answers.markRead },
      events: {
        subscribe: (input: { after?: number }, observer: Subscription['observer']) => {
          const subscription: Subscription = { after: input.after, observer, ended: false };
          subscriptions.push(subscription);
          return {
            unsubscribe: () => {
              subscription.ended = true;
            },
          };
        },
      },
    },
    messages: { list: { query: answers.list }, send: { mutate: answers.send } },
    replies: { stop: { mutate: answers.stop } },
    inbox: { dismiss: { mutate: answers.dismiss } },
  } as unknown as RoomCalls;
  const backoff = { random: () => 0.999 };
  const outbox = new Outbox({ send: (input) => answers.send(input) as never, connected: async () => {}, backoff });
  const dismissed = new Set<string>();
  const session = new OpenRoom(roomId, { calls, outbox, me: () => 'anna', dismissed, backoff, onClose: () => {}, ...options });
  const told = vi.fn();
  session.subscribe(told);
  const flush = () => vi.advanceTimersByTimeAsync(0);
  let n = 0;
  return {
    answers,
    session,
    outbox,
    subscriptions,
    told,
    flush,
    emit(data: RoomEvent, id = 'rev' in data ? String(data.rev) : `0:boot:${n++}`) {
      subscriptions.at(-1)!.observer.onData({ id, data });
    },
    async live() {
      await flush();
      this.emit({ type: 'hello', rev: 10, seq: 2, replies: [] }, '10:boot:0');
    },
  };
}

/** A promise to settle later; Node 20 has no `Promise.withResolvers`. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const sent = (seq: number, rev: number, more = {}): RoomEvent => ({ type: 'message', rev, message: message(seq, rev, more) });

describe('a room session', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('reads the room, follows it from the lower of the two revs it was read at, and is live with hello', async () => {
    const { session, subscriptions, flush, emit } = setUp({
      prepare: ({ get, list }) => {
        get.mockResolvedValue(detail(9));
        list.mockResolvedValue(page(12, [message(1, 3)]));
      },
    });
    expect(session.getSnapshot().status).toBe('loading');
    await flush();
    expect(subscriptions.map(({ after }) => after)).toEqual([9]);
    expect(session.getSnapshot()).toMatchObject({ status: 'loading', room: room(1), hasOlder: false });
    emit({ type: 'hello', rev: 12, seq: 1, replies: [] }, '9:boot:1');
    expect(session.getSnapshot().status).toBe('live');
  });

  it('shows a place in the history, leaves out what comes after it, and is complete again once it reaches the end', async () => {
    const server = setUp({
      prepare: ({ get, list }) => {
        get.mockResolvedValue(detail(10, { mine: { ...detail(10).mine, lastSeq: 900 } }));
        list.mockResolvedValue(page(10, [message(899, 9), message(900, 10)], true));
      },
    });
    await server.live();
    const seqs = () => server.session.getSnapshot().messages.map(({ seq }) => seq);
    server.answers.list.mockResolvedValueOnce({ items: [message(5, 5), message(6, 6)], hasBefore: true, hasAfter: true, rev: 10 });
    await server.session.showAround(5);
    expect(server.session.getSnapshot()).toMatchObject({ hasOlder: true, hasNewer: true });
    expect(seqs()).toEqual([5, 6]);

    server.emit(sent(901, 11));
    expect(seqs()).toEqual([5, 6]);
    expect(server.session.getSnapshot().mine).toMatchObject({ lastSeq: 901 });

    // The server read the page before this edit, but the edit arrives first.
    const read = deferred<MessagePage>();
    server.answers.list.mockReturnValueOnce(read.promise);
    const loading = server.session.loadNewer();
    server.emit(sent(7, 12, { content: 'edited' }));
    read.resolve({ items: [message(7, 7)], hasBefore: true, hasAfter: true, rev: 10 });
    await loading;
    expect(server.session.getSnapshot().messages.at(-1)).toMatchObject({ seq: 7, content: 'edited' });

    // The page says that nothing follows it, but the counters know of later messages.
    server.answers.list.mockResolvedValueOnce({ items: [message(900, 10)], hasBefore: true, hasAfter: false, rev: 10 });
    await server.session.loadNewer();
    expect(server.session.getSnapshot().hasNewer).toBe(true);
    server.answers.list.mockResolvedValueOnce({ items: [message(901, 11)], hasBefore: true, hasAfter: false, rev: 11 });
    await server.session.loadNewer();
    expect(server.session.getSnapshot().hasNewer).toBe(false);
    server.emit(sent(902, 13));
    expect(seqs().at(-1)).toBe(902);
  });

  it('joins a place in the history to what is loaded where they meet, and goes back to the end to send', async () => {
    const server = setUp({ prepare: ({ list }) => list.mockResolvedValue(page(10, [message(3, 9), message(4, 10)], true)) });
    await server.live();
    server.answers.list.mockResolvedValueOnce({ items: [message(1, 1), message(2, 2)], hasBefore: false, hasAfter: true, rev: 10 });
    await server.session.showAround(1);
    expect(server.session.getSnapshot()).toMatchObject({ hasOlder: false, hasNewer: false });
    expect(server.session.getSnapshot().messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);

    const far = setUp({ prepare: ({ list }) => list.mockResolvedValue(page(10, [message(30, 9)], true)) });
    await far.live();
    far.answers.list.mockResolvedValueOnce({ items: [message(2, 2)], hasBefore: true, hasAfter: true, rev: 10 });
    await far.session.showAround(2);
    far.session.send('hello');
    await far.flush();
    expect(far.session.getSnapshot()).toMatchObject({ hasNewer: false });
    expect(far.session.getSnapshot().messages.map(({ seq }) => seq)).toEqual([30]);
  });

  it('stays where it is when a place asked for comes after something was sent, or after another place was', async () => {
    const server = setUp({ prepare: ({ list }) => list.mockResolvedValue(page(10, [message(30, 9)], true)) });
    await server.live();
    const seqs = () => server.session.getSnapshot().messages.map(({ seq }) => seq);
    const place = (seq: number): MessagePage => ({ items: [message(seq, 1)], hasBefore: true, hasAfter: true, rev: 10 });
    const [first, second, third] = [deferred<MessagePage>(), deferred<MessagePage>(), deferred<MessagePage>()];
    for (const { promise } of [first, second, third]) server.answers.list.mockReturnValueOnce(promise);
    const before = server.session.showAround(2);
    server.session.send('hello');
    first.resolve(place(2));
    expect(await before).toBe(false);
    expect(seqs()).toContain(30);

    const earlier = server.session.showAround(3);
    const later = server.session.showAround(4);
    third.resolve(place(4));
    second.resolve(place(3));
    expect(await Promise.all([earlier, later])).toEqual([false, true]);
    expect(seqs()).toEqual([4]);
  });

  it('keeps the snapshot the same when nothing in it changed', async () => {
    const server = setUp();
    await server.live();
    const before = server.session.getSnapshot();
    server.told.mockClear();
    server.emit(sent(2, 4));
    server.emit({ type: 'delta', messageId: 'message-9', attempt: 1, offset: 0, text: 'Once' });
    expect(server.session.getSnapshot()).toBe(before);
    expect(server.told).not.toHaveBeenCalled();
    server.emit({ type: 'member', rev: 11, member: member('bert', 11), left: false });
    const after = server.session.getSnapshot();
    expect(after).not.toBe(before);
    expect(after.messages).toBe(before.messages);
  });

  it('tells each durable event once, though a second socket repeats it', async () => {
    const server = setUp();
    await server.live();
    const events: string[] = [];
    server.session.onEvent((id, event) => events.push(`${id} ${event.type}`));
    server.emit(sent(3, 11));
    server.emit(sent(3, 11));
    server.emit({ type: 'typing', userIds: ['bert'] }, '11:boot:7');
    server.emit(sent(4, 12));
    server.emit(sent(3, 11));
    expect(events).toEqual(['11 message', '11:boot:7 typing', '12 message']);
    expect(server.session.getSnapshot().messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });

  it('tells everything after the position it was opened with, though the state has it already', async () => {
    const server = setUp({ after: 4 });
    await server.flush();
    expect(server.subscriptions[0]!.after).toBe(4);
    const events: string[] = [];
    server.session.onEvent((id) => events.push(id));
    const before = server.session.getSnapshot().messages;
    server.emit(sent(2, 5));
    server.emit(sent(2, 8));
    expect(events).toEqual(['5', '8']);
    expect(server.session.getSnapshot().messages).toBe(before);
  });

  it('shows the loss of the connection, and the way back', async () => {
    const server = setUp();
    await server.live();
    server.emit({ type: 'typing', userIds: ['bert'] });
    server.subscriptions[0]!.observer.onConnectionStateChange({ state: 'connecting' });
    expect(server.session.getSnapshot()).toMatchObject({ status: 'reconnecting', typing: [] });
    server.emit({ type: 'hello', rev: 11, seq: 3, replies: [] });
    expect(server.session.getSnapshot().status).toBe('live');
  });

  it('subscribes again from the last rev it applied when the server ends the subscription', async () => {
    const server = setUp();
    await server.live();
    server.emit(sent(3, 11));
    server.subscriptions[0]!.observer.onError(serverError('UNAVAILABLE'));
    expect(server.session.getSnapshot().status).toBe('reconnecting');
    await vi.advanceTimersByTimeAsync(300);
    expect(server.subscriptions.map(({ after }) => after)).toEqual([10, 11]);
    server.subscriptions[1]!.observer.onComplete();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.subscriptions.map(({ after }) => after)).toEqual([10, 11, 11]);
  });

  it('does not hear what an earlier subscription still says', async () => {
    const server = setUp();
    await server.live();
    const [first] = server.subscriptions;
    first!.observer.onError(networkError());
    await vi.advanceTimersByTimeAsync(300);
    first!.observer.onData({ id: '11', data: sent(3, 11) });
    first!.observer.onError(serverError('ROOM_NOT_FOUND'));
    expect(server.session.getSnapshot()).toMatchObject({ status: 'reconnecting', error: null });
    expect(server.session.getSnapshot().messages).toHaveLength(2);
  });

  it('fails with the code when it may not be read, or no longer', async () => {
    const refused = setUp({ prepare: ({ get }) => get.mockRejectedValue(serverError('FORBIDDEN')) });
    await refused.flush();
    expect(refused.session.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'FORBIDDEN' } });

    const removed = setUp();
    await removed.live();
    removed.subscriptions[0]!.observer.onError(serverError('ROOM_NOT_FOUND'));
    expect(removed.session.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'ROOM_NOT_FOUND' } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(removed.subscriptions).toHaveLength(1);
  });

  it('shows what was known of the room where it cannot be read, until it is read, and says it at the end unless that is over', async () => {
    const onClose = vi.fn();
    const first = setUp({ onClose });
    await first.live();
    first.session.close();
    const [known] = onClose.mock.lastCall as [RoomData];
    expect(known).toMatchObject({ rev: 10, messages: [{ seq: 1 }, { seq: 2 }] });

    const later = page(12, [message(1, 3), message(2, 4), message(3, 12)]);
    const away = setUp({ known, connected: false, onClose, prepare: ({ list }) => list.mockResolvedValue(later) });
    expect(away.session.getSnapshot()).toMatchObject({ status: 'reconnecting', room: { id: roomId }, messages: [{ seq: 1 }, { seq: 2 }] });
    await away.live();
    expect(away.session.getSnapshot()).toMatchObject({ status: 'live', messages: [{ seq: 1 }, { seq: 2 }, { seq: 3 }] });

    // Where it may be connected, nothing old is shown before a read has failed.
    const failing = setUp({
      known,
      onClose,
      prepare: ({ get }) => get.mockRejectedValueOnce(networkError()).mockRejectedValue(serverError('ROOM_NOT_FOUND')),
    });
    expect(failing.session.getSnapshot()).toMatchObject({ status: 'loading', room: null });
    await failing.flush();
    expect(failing.session.getSnapshot()).toMatchObject({ status: 'reconnecting', messages: [{ seq: 1 }, { seq: 2 }] });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failing.session.getSnapshot().status).toBe('failed');
    failing.session.close();
    expect(onClose).toHaveBeenLastCalledWith(null);
  });

  it('reads again and again while the server is away', async () => {
    const { answers, session, subscriptions, flush } = setUp({
      prepare: ({ get }) => get.mockRejectedValueOnce(networkError()).mockRejectedValueOnce(serverError('UNAVAILABLE')),
    });
    await flush();
    expect(session.getSnapshot().status).toBe('loading');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(answers.get).toHaveBeenCalledTimes(3);
    expect(subscriptions).toHaveLength(1);
  });

  describe('in a room of many', () => {
    const many = async () => {
      const opened = setUp({ prepare: ({ get }) => get.mockResolvedValue(detail(10, { nextMembers: 'b' })) });
      await opened.live();
      const ids = () => opened.session.getSnapshot().members.map(({ user }) => user.id);
      return { ...opened, ids };
    };

    it('loads members page by page, those of a name, and those with certain ids', async () => {
      const { session, answers, ids } = await many();
      expect(session.getSnapshot().hasMoreMembers).toBe(true);
      answers.members.mockResolvedValueOnce({ members: [member('zoe', 9)], next: null, rev: 11 });
      await session.loadMembers({ query: 'z' });
      answers.members.mockResolvedValueOnce({ members: [member('bo', 5), member('zoe', 9)], next: 'c', rev: 11 });
      await session.loadMembers();
      expect(ids()).toEqual(['anna', 'zoe', 'bo']);
      answers.members.mockResolvedValueOnce({ members: [member('cy', 6)], next: null, rev: 11 });
      await session.loadMembers();
      expect(answers.members.mock.calls).toEqual([[{ roomId, query: 'z' }], [{ roomId, after: 'b' }], [{ roomId, after: 'c' }]]);
      expect(session.getSnapshot()).toMatchObject({ hasMoreMembers: false, members: { length: 4 } });
      await session.loadMembers({ ids: ['dee'] });
      expect(answers.members).toHaveBeenCalledTimes(3);
    });

    it('reads a page again during which somebody left, and keeps what events have changed since', async () => {
      const { session, answers, emit, ids } = await many();
      const { promise, resolve } = deferred<MemberPage>();
      answers.members.mockReturnValueOnce(promise);
      answers.members.mockResolvedValueOnce({ members: [member('cy', 5)], next: null, rev: 12 });
      const loaded = session.loadMembers();
      emit({ type: 'member', rev: 11, member: member('bo', 11), left: true });
      emit({ type: 'member', rev: 12, member: member('cy', 12, 'moderator'), left: false });
      resolve({ members: [member('bo', 4), member('cy', 5)], next: null, rev: 10 });
      await loaded;
      expect(ids()).toEqual(['anna', 'cy']);
      expect(session.getSnapshot().members[1]).toMatchObject({ role: 'moderator' });
    });

    it('takes the room of a server that gives all members at once', async () => {
      const { nextMembers: _, ...earlier } = detail(10);
      const opened = setUp({ prepare: ({ get }) => get.mockResolvedValue(earlier as RoomDetail) });
      await opened.live();
      const { session, answers } = opened;
      expect(session.getSnapshot().hasMoreMembers).toBe(false);
      await session.loadMembers();
      expect(answers.members).not.toHaveBeenCalled();
    });
  });

  describe('after a resync', () => {
    it('reads the room anew and goes on with the same subscription, events received meanwhile included', async () => {
      const server = setUp();
      await server.live();
      let answer!: (value: MessagePage) => void;
      server.answers.get.mockResolvedValue(detail(500));
      server.answers.list.mockReturnValue(new Promise((resolve) => (answer = resolve)));
      server.emit({ type: 'resync', rev: 500 }, '500:boot:1');
      server.emit(sent(41, 501));
      server.emit(sent(42, 502));
      expect(server.session.getSnapshot().messages.map(({ seq }) => seq)).toEqual([1, 2]);
      answer(page(501, [message(40, 480), message(41, 501)], true));
      await server.flush();
      expect(server.session.getSnapshot().messages.map(({ seq, rev }) => [seq, rev])).toEqual([
        [40, 480],
        [41, 501],
        [42, 502],
      ]);
      expect(server.session.getSnapshot()).toMatchObject({ hasOlder: true, status: 'live' });
      expect(server.subscriptions).toHaveLength(1);
      server.emit(sent(43, 503));
      expect(server.session.getSnapshot().messages.at(-1)?.seq).toBe(43);
    });

    it('follows a head that went back', async () => {
      const server = setUp();
      await server.live();
      server.answers.get.mockResolvedValue(detail(5));
      server.answers.list.mockResolvedValue(page(5, [message(1, 3)]));
      server.emit({ type: 'resync', rev: 5 }, '5:boot:1');
      await server.flush();
      expect(server.session.getSnapshot().messages.map(({ seq }) => seq)).toEqual([1]);
      server.emit(sent(2, 6));
      expect(server.session.getSnapshot().messages.map(({ seq, rev }) => [seq, rev])).toEqual([
        [1, 3],
        [2, 6],
      ]);
    });

    it('asks again for what did not fit into its buffer', async () => {
      const server = setUp();
      await server.live();
      let answer!: (value: RoomDetail) => void;
      server.answers.get.mockReturnValue(new Promise((resolve) => (answer = resolve)));
      server.answers.list.mockResolvedValue(page(100, []));
      server.emit({ type: 'resync', rev: 100 }, '100:boot:1');
      for (let n = 1; n <= 3_000; n++) server.emit(sent(n, 100 + n));
      answer(detail(100));
      await server.flush();
      const { messages } = server.session.getSnapshot();
      expect(server.subscriptions.map(({ after }) => after)).toEqual([10, 100 + messages.length]);
      expect(messages.length).toBeLessThan(3_000);
      for (let n = messages.length + 1; n <= 3_000; n++) server.emit(sent(n, 100 + n));
      expect(server.session.getSnapshot().messages).toHaveLength(3_000);
    });
  });

  it('shows the text of replies in progress, and what is stored once they are over', async () => {
    const server = setUp();
    await server.flush();
    server.emit({ type: 'hello', rev: 10, seq: 3, replies: [{ messageId: 'message-3', attempt: 1, text: 'Once' }] });
    const told = vi.fn();
    server.session.subscribeReply('message-3', told);
    server.emit({ type: 'delta', messageId: 'message-3', attempt: 1, offset: 4, text: ' upon' });
    expect(server.session.replyText('message-3')).toEqual({ attempt: 1, text: 'Once upon' });
    server.emit({ type: 'message', rev: 11, message: reply(3, 11, 'complete', 1, 'Once upon a time') });
    expect(server.session.replyText('message-3')).toBeUndefined();
    expect(server.session.getSnapshot().messages.at(-1)).toMatchObject({ status: 'complete', content: 'Once upon a time' });
    expect(told).toHaveBeenCalledTimes(2);
  });

  it('subscribes again from its last rev when a hole in a text lasts a second', async () => {
    const server = setUp();
    await server.live();
    server.emit(sent(3, 11));
    server.emit({ type: 'delta', messageId: 'message-4', attempt: 1, offset: 5, text: 'later' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.subscriptions.map(({ after, ended }) => [after, ended])).toEqual([
      [10, true],
      [11, false],
    ]);
    server.emit({ type: 'hello', rev: 11, seq: 4, replies: [{ messageId: 'message-4', attempt: 1, text: 'First' }] });
    expect(server.session.replyText('message-4')?.text).toBe('Firstlater');
  });

  describe('a message sent', () => {
    it('is pending, then in the room, never both and never neither', async () => {
      const server = setUp();
      await server.live();
      const seen: string[] = [];
      server.session.subscribe(() => {
        const { pending, messages } = server.session.getSnapshot();
        seen.push(`${pending.length} pending, ${messages.length} messages`);
      });
      const clientId = server.session.send('hello');
      await server.flush();
      server.emit(sent(3, 11, { clientId }));
      expect(seen).toEqual(['1 pending, 2 messages', '0 pending, 3 messages']);
    });

    it('is the same when the acknowledgement comes first', async () => {
      const server = setUp();
      await server.live();
      let answer!: (value: unknown) => void;
      server.answers.send.mockReturnValue(new Promise((resolve) => (answer = resolve)));
      const clientId = server.session.send('/ask why');
      await server.flush();
      const seen: string[] = [];
      server.session.subscribe(() => {
        const { pending, messages } = server.session.getSnapshot();
        seen.push(`${pending.length} pending, ${messages.length} messages`);
      });
      answer({ message: message(3, 11, { clientId }), replies: [reply(4, 12, 'queued', 0)], privateReply: null });
      await server.flush();
      server.emit(sent(3, 11, { clientId }));
      server.emit({ type: 'message', rev: 12, message: reply(4, 12, 'queued', 0) });
      expect(seen).toEqual(['0 pending, 4 messages']);
    });

    it('is found again in the room when it is read, after the answer and the event were lost', async () => {
      const server = setUp();
      const clientId = server.session.send('hello');
      server.answers.list.mockResolvedValue(page(10, [message(1, 3, { clientId })]));
      const again = new OpenRoom(roomId, {
        calls: {
          rooms: { get: { query: server.answers.get }, events: { subscribe: () => ({ unsubscribe() {} }) } },
          messages: { list: { query: server.answers.list } },
        } as never,
        outbox: server.outbox,
        me: () => 'anna',
        dismissed: new Set(),
        onClose: () => {},
      });
      expect(again.getSnapshot().pending).toMatchObject([{ clientId }]);
      await server.flush();
      expect(again.getSnapshot()).toMatchObject({ pending: [], messages: [{ clientId }] });
    });

    it('may be answered to its sender alone', async () => {
      const server = setUp();
      await server.live();
      const privateReply = { id: 'private-1', roomId, content: 'Type /help.', status: 'complete', createdAt: '2026-01-01T00:00:00.000Z' };
      server.answers.send.mockResolvedValue({ message: null, replies: [], privateReply });
      server.session.send('/help');
      await server.flush();
      expect(server.session.getSnapshot()).toMatchObject({ pending: [], privateReplies: [privateReply] });
      server.session.dismissPrivate('private-1');
      expect(server.session.getSnapshot().privateReplies).toEqual([]);
      expect(server.answers.dismiss).toHaveBeenCalledExactlyOnceWith({ id: 'private-1' });
      server.session.privateReplies.add(privateReply as never);
      expect(server.session.getSnapshot().privateReplies).toEqual([]);
    });
  });

  it('stays the same picture when a private reply is put away that it does not show', async () => {
    const server = setUp();
    await server.live();
    const before = server.session.getSnapshot();
    server.session.privateReplies.remove('one of another room');
    expect(server.session.getSnapshot()).toBe(before);
  });

  it('loads history a page at a time, whoever asks how often', async () => {
    const server = setUp({
      prepare: ({ list }) =>
        list.mockImplementation(async ({ before }) =>
          before === undefined ? page(10, [message(7, 9)], true) : page(10, [message(5, 5), message(6, 6)]),
        ),
    });
    await server.live();
    await Promise.all([server.session.loadOlder(), server.session.loadOlder()]);
    expect(server.answers.list.mock.calls.map(([input]) => input.before)).toEqual([undefined, 7]);
    expect(server.session.getSnapshot().messages.map(({ seq }) => seq)).toEqual([5, 6, 7]);
    await server.session.loadOlder();
    expect(server.answers.list).toHaveBeenCalledTimes(2);
  });

  it('marks as read at once and tells the server the latest mark, one call at a time', async () => {
    const server = setUp();
    await server.live();
    for (const seq of [3, 4, 5, 6]) server.emit(sent(seq, 8 + seq, { author: { ...message(1, 1).author, id: 'bert' } }));
    let answer!: (value: unknown) => void;
    server.answers.markRead.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    for (const seq of [3, 4, 5, 4]) server.session.markRead(seq);
    expect(server.session.getSnapshot().mine).toMatchObject({ lastReadSeq: 5, unread: 1 });
    answer({});
    await server.flush();
    expect(server.answers.markRead.mock.calls.map(([{ seq }]) => seq)).toEqual([3, 5]);
  });

  it('shows a stopped reply with the answer, before its event', async () => {
    const server = setUp();
    await server.live();
    await server.session.stop('message-3');
    expect(server.session.getSnapshot().messages.at(-1)).toMatchObject({ id: 'message-3', status: 'stopped' });
  });

  it('holds nothing after closing', async () => {
    const server = setUp();
    await server.live();
    server.emit({ type: 'delta', messageId: 'message-4', attempt: 1, offset: 5, text: 'later' });
    server.session.markRead(2);
    server.answers.get.mockRejectedValue(networkError());
    server.emit({ type: 'resync', rev: 50 });
    await server.flush();
    server.told.mockClear();
    server.session.close();
    expect(server.subscriptions.every(({ ended }) => ended)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    server.subscriptions[0]!.observer.onData({ id: '51', data: sent(9, 51) });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.told).not.toHaveBeenCalled();
    expect(server.outbox.isIdle).toBe(true);
  });
});
