import { describe, expect, it } from 'vitest';
import type { DurableEvent, MessageView, RoomEvent } from '@parley/contracts';
import { checkHistory } from './harness/checker.js';
import { History, type ReaderRecord, type RoomPicture, type RoomTruth } from './harness/history.js';

const roomId = '019a0000-0000-7000-8000-000000000001';
const anna = '019a0000-0000-7000-8000-0000000000a1';
const ids = (n: number) => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`;

function view(n: number, rev: number, changes: Partial<MessageView> = {}): MessageView {
  return {
    id: ids(n),
    roomId,
    seq: n,
    rev,
    kind: 'text',
    author: { type: 'user', id: anna, name: 'Anna', handle: 'anna', avatar: { hue: 1, glyph: null } },
    content: `message ${n}`,
    system: null,
    status: null,
    attempt: 0,
    replyTo: null,
    clientId: ids(1000 + n),
    mentions: [],
    reactions: [],
    createdAt: '2026-01-01T00:00:00.000Z',
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    reply: null,
    error: null,
    ...changes,
  };
}

const message = (n: number, rev: number, changes: Partial<MessageView> = {}): DurableEvent => ({
  type: 'message',
  rev,
  message: view(n, rev, changes),
});
const reply = { kind: 'reply', clientId: null, author: { ...view(3, 3).author, type: 'character' } } as const;
const room: RoomPicture['room'] = {
  id: roomId,
  name: 'Room',
  topic: '',
  visibility: 'public',
  memberCount: 1,
  archivedAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  rev: 1,
};

/** Two messages and a reply, sent and read by Anna and Bert without a fault. Revs 1 to 6. */
function quietDay() {
  const history = new History();
  const complete = view(3, 6, { ...reply, content: 'all is well', status: 'complete', attempt: 1 });
  const final: RoomPicture = { room, members: [], characters: [], messages: [view(1, 2), view(2, 3), complete] };
  for (const n of [1, 2]) {
    const send = history.sent({ clientId: ids(1000 + n), userId: anna, roomId, content: `message ${n}` });
    send.tries = 1;
    send.acknowledged = { messageId: ids(n), seq: n };
  }
  const events: DurableEvent[] = [
    { type: 'room', rev: 1, room },
    message(1, 2),
    message(2, 3),
    message(3, 4, { ...reply, content: '', status: 'queued' }),
    message(3, 5, { ...reply, content: '', status: 'streaming', attempt: 1 }),
  ];
  const readers = ['anna', 'bert'].map((name) => {
    const record = history.reader(name, roomId);
    hello(record, 0);
    for (const event of events) record.add(String(event.rev), event);
    record.add('5:b:1', { type: 'delta', messageId: ids(3), attempt: 1, offset: 0, text: 'all is' });
    record.add('6', { type: 'message', rev: 6, message: complete });
    record.final = structuredClone(final);
    return record;
  });
  const truth: RoomTruth = {
    roomId,
    lastSeq: 3,
    lastRev: 6,
    messages: final.messages.map((each) => ({ ...each, authorId: each.author.id, shown: each.attempt, versions: [] })),
    revs: [1, 2, 3, 6],
    openJobs: [],
    fresh: structuredClone(final),
  };
  return { history, truth, anna: readers[0]!, bert: readers[1]! };
}

function hello(record: ReaderRecord, from: number): void {
  record.add(`${from}:b:0`, { type: 'hello', rev: from, seq: 0, replies: [] } satisfies RoomEvent);
}

/** Violations after a change to the quiet day. */
function after(change: (day: ReturnType<typeof quietDay>) => void): string {
  const day = quietDay();
  change(day);
  return checkHistory(day.history, [day.truth]).join('\n');
}

describe('the history checker', () => {
  it('finds nothing where all is well', () => {
    expect(after(() => {})).toBe('');
  });

  it('accepts a message that was not acknowledged and is there, and one that is not', () => {
    expect(after(({ history }) => (history.sends[0]!.acknowledged = null))).toBe('');
    expect(after(({ history }) => void history.sent({ clientId: ids(99), userId: anna, roomId, content: 'lost on the way' }))).toBe('');
  });

  it('finds an acknowledged message that is lost', () => {
    expect(
      after(
        ({ history }) =>
          (history.sent({ clientId: ids(99), userId: anna, roomId, content: 'hm' }).acknowledged = { messageId: ids(9), seq: 9 }),
      ),
    ).toMatch(/acknowledged message .*9 .*is lost/);
  });

  it('finds an acknowledgement with another seq, another author, another content', () => {
    expect(after(({ history }) => (history.sends[1]!.acknowledged!.seq = 1))).toMatch(/seq 2, and was told 1/);
    expect(after(({ truth }) => (truth.messages[0]!.authorId = ids(5)))).toMatch(/someone else’s/);
    expect(after(({ truth }) => (truth.messages[0]!.content = 'changed'))).toMatch(/has another content/);
  });

  it('finds a message that is stored twice', () => {
    expect(
      after(({ truth }) => {
        truth.messages.push({ ...truth.messages[0]!, id: ids(4), seq: 4, rev: 7 });
        truth.lastSeq = 4;
      }),
    ).toMatch(/stored twice/);
  });

  it('finds a message that nobody sent', () => {
    expect(after(({ history }) => history.sends.pop())).toMatch(/was sent by nobody/);
  });

  it('finds a message whose sender was told that it was refused', () => {
    expect(
      after(({ history }) => {
        history.sends[0]!.acknowledged = null;
        history.sends[0]!.refused = 'FORBIDDEN';
      }),
    ).toMatch(/its sender was told FORBIDDEN/);
  });

  it('finds gaps in seq', () => {
    expect(after(({ truth }) => (truth.messages[2]!.seq = 4))).toMatch(/not gap-free/);
    expect(after(({ truth }) => (truth.lastSeq = 4))).toMatch(/last seq is counted as 4/);
  });

  it('finds revs that are used twice, or not counted', () => {
    expect(after(({ truth }) => truth.revs.push(6))).toMatch(/same rev/);
    expect(after(({ truth }) => (truth.lastRev = 7))).toMatch(/last rev is counted as 7/);
  });

  it('finds a reader with another order', () => {
    expect(after(({ anna }) => anna.final!.messages.reverse())).toMatch(/out of order/);
    expect(after(({ bert }) => bert.add('7', message(2, 7, { seq: 1 })))).toMatch(/at seq 1, and it is at 2/);
    expect(after(({ bert }) => bert.add('7', message(8, 7)))).toMatch(/which is not stored/);
  });

  it('finds revs that do not grow on one connection', () => {
    expect(after(({ bert }) => bert.add('3', message(2, 3)))).toMatch(/bert saw rev 3 after 6 on one connection/);
    expect(
      after(({ bert }) => {
        hello(bert, 3);
        bert.add('3', message(2, 3));
      }),
    ).toMatch(/bert saw rev 3 after 3/);
  });

  it('accepts what comes again after a reconnection from before it', () => {
    expect(
      after(({ bert }) => {
        hello(bert, 2);
        bert.add('3', message(2, 3));
      }),
    ).toBe('');
  });

  it('finds an event under another id than its rev, one beyond the last, one before hello', () => {
    expect(after(({ bert }) => (bert.seen.at(-1)!.eventId = '5'))).toMatch(/rev 6 under the id 5/);
    expect(after(({ truth }) => (truth.lastRev = 5))).toMatch(/beyond the last/);
    expect(after(({ bert }) => bert.seen.shift())).toMatch(/bert got room before hello/);
  });

  it('finds a rev that is not the same payload for all', () => {
    expect(
      after(({ bert }) => {
        const seen = bert.seen.find(({ event }) => event.type === 'message' && event.rev === 2)!;
        seen.event = message(1, 2, { pinnedAt: '2026-01-01T00:00:00.000Z' });
      }),
    ).toMatch(/rev 2 is .* to bert and .* to anna/);
  });

  it('finds a reader whose end is not what a fresh fetch gives', () => {
    expect(after(({ bert }) => bert.final!.messages.pop())).toMatch(/bert ended with another room .*2 messages for 3/);
    expect(after(({ bert }) => (bert.final!.messages[0]!.content = 'old'))).toMatch(/bert ended with another room/);
    expect(after(({ anna }) => (anna.final!.room = { ...room, topic: 'old' }))).toMatch(/anna ended with another room/);
  });

  it('finds a reply that never ended', () => {
    expect(after(({ truth }) => (truth.messages[2]!.status = 'streaming'))).toMatch(/never ended: it is streaming/);
    expect(after(({ truth }) => truth.openJobs.push(ids(3)))).toMatch(/is not done/);
  });

  it('finds a reply with two ends', () => {
    const second = { ...reply, status: 'stopped', content: 'all', attempt: 1 } as const;
    expect(
      after(({ bert, truth }) => {
        bert.add('7', message(3, 7, second));
        truth.lastRev = 7;
        truth.revs = [1, 2, 3, 7];
      }),
    ).toMatch(/reply .* ended as .*stopped.* to bert and as .*complete.* to anna/);
  });

  it('finds text on the way that is not how the reply begins', () => {
    expect(after(({ bert }) => (bert.texts[0]!.text = 'all was'))).toMatch(/bert read “all was” of reply/);
  });

  /** The reply was written again, as attempt 2, and both have an end that readers saw. Rev 7. */
  function writtenAgain({ truth, anna, bert }: ReturnType<typeof quietDay>, more: Partial<MessageView> = {}) {
    const again = view(3, 7, { ...reply, content: 'all is better', status: 'complete', attempt: 2, ...more });
    for (const reader of [anna, bert]) {
      reader.add('7', { type: 'message', rev: 7, message: structuredClone(again) });
      reader.final!.messages[2] = structuredClone(again);
    }
    const { content, status, attempt, reply: made } = again;
    const versions = [{ attempt: 1, status: 'complete', content: 'all is well' }];
    truth.messages[2] = { ...again, content, status, attempt, authorId: again.author.id, shown: made?.chosen ?? attempt, versions };
    truth.fresh.messages[2] = structuredClone(again);
    truth.lastRev = 7;
    truth.revs = [1, 2, 3, 7];
    return truth.messages[2];
  }
  const chosen = { reply: { chosen: 1 } as MessageView['reply'], content: 'all is well' };

  it('accepts a reply that was written again, and one of which an earlier text was chosen', () => {
    expect(after((day) => void writtenAgain(day))).toBe('');
    expect(
      after((day) => {
        writtenAgain(day, chosen).versions = [{ attempt: 2, status: 'complete', content: 'all is better' }];
      }),
    ).toBe('');
  });

  it('accepts a reply that was to be written again and was stopped before, if its text is kept, and no other', () => {
    const empty = { attempt: 1, content: '', status: 'stopped' } as const;
    expect(after((day) => void writtenAgain(day, empty))).toBe('');
    expect(after((day) => (writtenAgain(day, empty).versions = []))).toMatch(/ended as .*all is well.*, and is kept as .*stopped/);
  });

  it('finds a text of a reply that is lost, or kept as another', () => {
    expect(after((day) => (writtenAgain(day).versions = []))).toMatch(/the text of attempt 1 of reply .* is lost: “all is well”/);
    expect(after((day) => (writtenAgain(day).versions[0]!.content = 'all is bad'))).toMatch(
      /attempt 1 of reply .* is kept as .*all is bad/,
    );
  });

  it('finds a chosen text that is not what the attempt said', () => {
    expect(after((day) => void writtenAgain(day, { ...chosen, content: 'all is bad' }))).toMatch(
      /ended as .*all is bad.* and as .*all is well/,
    );
  });

  it('finds text on the way that is not how a version begins', () => {
    expect(
      after((day) => {
        day.bert.texts[0]!.text = 'all was';
        writtenAgain(day);
      }),
    ).toMatch(/bert read “all was” of reply .*, which is “all is well”/);
  });
});
