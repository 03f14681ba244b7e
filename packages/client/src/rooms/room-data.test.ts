import type { DurableEvent, MemberView, MessageView, RoomCharacterView, RoomView } from '@parley/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { character, detail, member, message, page, room } from '../testing/views.js';
import { addMessages, addOlder, applyEvent, openRoomData, readUpTo, type RoomData } from './room-data.js';

const unlimited = 1_000_000;

/** A room as the server keeps it: each row has a rev, and the row of a person who left stays, with the rev of leaving. */
class ServerRoom {
  rev = 1;
  seq = 0;
  room: RoomView = room(1);
  messages: MessageView[] = [];
  members = new Map<string, { view: MemberView; left: boolean }>();
  characters = new Map<string, { view: RoomCharacterView; left: boolean }>();

  act(action: Action): void {
    const rev = ++this.rev;
    switch (action.kind) {
      case 'send':
        this.messages.push(message(++this.seq, rev));
        return;
      case 'change': {
        if (this.messages.length === 0) return this.act({ kind: 'send', at: 0 });
        const index = action.at % this.messages.length;
        this.messages[index] = message(index + 1, rev);
        return;
      }
      case 'room':
        this.room = room(rev, { topic: `topic ${rev}` });
        return;
      case 'member': {
        const id = `user-${action.at % 4}`;
        this.members.set(id, { view: member(id, rev), left: this.members.get(id)?.left === false });
        return;
      }
      case 'character': {
        const id = `character-${action.at % 3}`;
        this.characters.set(id, { view: character(id, rev), left: this.characters.get(id)?.left === false });
        return;
      }
    }
  }

  detail() {
    return detail(this.rev, {
      room: this.room,
      members: [...this.members.values()].filter(({ left }) => !left).map(({ view }) => view),
      characters: [...this.characters.values()].filter(({ left }) => !left).map(({ view }) => view),
    });
  }

  page(limit: number, before = Infinity) {
    const older = this.messages.filter(({ seq }) => seq < before);
    return page(this.rev, older.slice(-limit), older.length > limit);
  }

  /** What the server sends a reader at `after`: each row that changed since, as it is now, ordered by rev. */
  changes(after: number): DurableEvent[] {
    const events: DurableEvent[] = [
      { type: 'room', rev: this.room.rev, room: this.room },
      ...this.messages.map((each) => ({ type: 'message' as const, rev: each.rev, message: each })),
      ...Array.from(this.members.values(), ({ view, left }) => ({ type: 'member' as const, rev: view.rev, member: view, left })),
      ...Array.from(this.characters.values(), ({ view, left }) => ({ type: 'character' as const, rev: view.rev, character: view, left })),
    ];
    return events.filter(({ rev }) => rev > after).sort((a, b) => a.rev - b.rev);
  }
}

interface Action {
  kind: 'send' | 'change' | 'room' | 'member' | 'character';
  at: number;
}

const actions = fc.array(
  fc.record({ kind: fc.constantFrom<Action['kind']>('send', 'send', 'change', 'room', 'member', 'character'), at: fc.nat(50) }),
  { maxLength: 40 },
);

const applyAll = (data: RoomData, events: readonly DurableEvent[]) =>
  events.reduce((known, event) => applyEvent(known, event, 'anna', unlimited), data);

/** The rows, without positions and without regard to the order in which people came. */
function rows({ room, members, characters, messages }: RoomData) {
  return {
    room,
    messages,
    members: members.toSorted((a, b) => a.user.id.localeCompare(b.user.id)),
    characters: characters.toSorted((a, b) => a.character.id.localeCompare(b.character.id)),
  };
}

/** What a reader who opens the room now would see, from the same first message on. */
function freshFrom(server: ServerRoom, data: RoomData) {
  const first = data.hasOlder ? (data.messages[0]?.seq ?? 0) : 0;
  return rows({
    ...openRoomData(server.detail(), server.page(unlimited), 'anna'),
    messages: server.messages.filter(({ seq }) => seq >= first),
  });
}

describe('old state plus the feed equals a fresh fetch', () => {
  it('from any read, with the room and the messages read at different moments', () => {
    fc.assert(
      fc.property(
        actions,
        actions,
        actions,
        fc.integer({ min: 1, max: 10 }),
        fc.boolean(),
        (before, between, after, limit, detailFirst) => {
          const server = new ServerRoom();
          before.forEach((action) => server.act(action));
          const early = { detail: server.detail(), page: server.page(limit) };
          between.forEach((action) => server.act(action));
          const late = { detail: server.detail(), page: server.page(limit) };
          const opened = openRoomData(detailFirst ? early.detail : late.detail, detailFirst ? late.page : early.page, 'anna');
          after.forEach((action) => server.act(action));
          const data = applyAll(opened, server.changes(opened.rev));
          expect(rows(data)).toEqual(freshFrom(server, data));
        },
      ),
    );
  });

  it('however often the connection is lost and resumed, from wherever it is resumed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(actions, fc.nat(20), fc.nat(5)), { maxLength: 6 }), (rounds) => {
        const server = new ServerRoom();
        let data = openRoomData(server.detail(), server.page(50), 'anna');
        for (const [round, back, cut] of rounds) {
          round.forEach((action) => server.act(action));
          // The replay begins at an older position, as on another socket, and is cut off before its end.
          const replay = server.changes(Math.max(0, data.rev - back));
          data = applyAll(data, replay.slice(0, replay.length - cut));
        }
        data = applyAll(data, server.changes(data.rev));
        expect(rows(data)).toEqual(freshFrom(server, data));
        expect(applyAll(data, server.changes(0))).toBe(data);
      }),
    );
  });

  it('with pages of history and answers to calls that are ahead of the feed', () => {
    fc.assert(
      fc.property(
        actions,
        actions,
        actions,
        actions,
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(100), { maxLength: 5 }),
        (...given) => {
          const [before, underWay, meanwhile, after, limit, answered] = given;
          const server = new ServerRoom();
          before.forEach((action) => server.act(action));
          let data = openRoomData(server.detail(), server.page(limit), 'anna');
          // The server has sent these changes, but they have not arrived yet.
          underWay.forEach((action) => server.act(action));
          const inTransit = server.changes(data.rev);
          meanwhile.forEach((action) => server.act(action));
          const first = data.messages[0]?.seq;
          if (first !== undefined && data.hasOlder) data = addOlder(data, first, server.page(limit, first));
          for (const index of answered) {
            const answer = server.messages[index % Math.max(1, server.messages.length)];
            if (answer) data = addMessages(data, [answer], 'anna');
          }
          data = applyAll(data, inTransit);
          after.forEach((action) => server.act(action));
          data = applyAll(data, server.changes(data.rev));
          expect(rows(data)).toEqual(freshFrom(server, data));
          expect(data.mine.lastSeq).toBe(server.seq);
        },
      ),
    );
  });

  it('never shows an older version after a newer one', () => {
    fc.assert(
      fc.property(actions, actions, actions, (before, underWay, meanwhile) => {
        const server = new ServerRoom();
        before.forEach((action) => server.act(action));
        const early = server.detail();
        underWay.forEach((action) => server.act(action));
        const inTransit = server.changes(early.rev);
        meanwhile.forEach((action) => server.act(action));
        // The messages were read last, so they are ahead of everything in transit.
        const data = openRoomData(early, server.page(50), 'anna');
        for (let index = 1; index <= inTransit.length; index++) {
          expect(applyAll(data, inTransit.slice(0, index)).messages).toBe(data.messages);
        }
      }),
    );
  });
});

describe('a room’s data', () => {
  const open = () => openRoomData(detail(10), page(10, [message(5, 9), message(6, 10)], true), 'anna');

  it('is the same object when an event brings nothing new', () => {
    const data = open();
    expect(applyEvent(data, { type: 'message', rev: 10, message: message(6, 10) }, 'anna', unlimited)).toBe(data);
    expect(addMessages(data, [message(6, 10)], 'anna')).toBe(data);
  });

  it('leaves messages older than its first one to the page that holds them', () => {
    const changed = applyEvent(open(), { type: 'message', rev: 11, message: message(3, 11) }, 'anna', unlimited);
    expect(changed.messages.map(({ seq }) => seq)).toEqual([5, 6]);
    const all = addOlder(changed, 5, page(11, [message(3, 11), message(4, 4)]));
    expect(all.messages.map(({ seq, rev }) => [seq, rev])).toEqual([
      [3, 11],
      [4, 4],
      [5, 9],
      [6, 10],
    ]);
    expect(all.hasOlder).toBe(false);
  });

  it('drops a page that no longer borders on what is loaded', () => {
    const data = open();
    expect(addOlder(data, 4, page(10, [message(3, 3)]))).toBe(data);
  });

  it('lets the oldest messages go beyond the limit, and says that there are older ones', () => {
    let data = openRoomData(detail(1), page(1, []), 'anna');
    for (let seq = 1; seq <= 100; seq++)
      data = applyEvent(data, { type: 'message', rev: seq + 1, message: message(seq, seq + 1) }, 'anna', 50);
    expect(data.messages.length).toBeLessThanOrEqual(55);
    expect(data.messages.at(-1)?.seq).toBe(100);
    expect(data.hasOlder).toBe(true);
    expect(data.messages.map(({ seq }) => seq)).toEqual(Array.from(data.messages, (_, index) => data.messages[0]!.seq + index));
  });

  it('counts unread messages, and moves the read position to the reader’s own messages', () => {
    const by = (id: string) => ({ author: { ...message(1, 1).author, id } });
    let data = openRoomData(detail(1), page(1, []), 'anna');
    data = applyEvent(data, { type: 'message', rev: 2, message: message(1, 2, by('bert')) }, 'anna', unlimited);
    data = applyEvent(data, { type: 'message', rev: 3, message: message(2, 3, by('bert')) }, 'anna', unlimited);
    expect(data.mine).toMatchObject({ lastSeq: 2, lastReadSeq: 0, unread: 2 });
    expect(readUpTo(data, 1, 'anna').mine).toMatchObject({ lastReadSeq: 1, unread: 1 });
    expect(readUpTo(data, 99, 'anna').mine).toMatchObject({ lastReadSeq: 2, unread: 0 });
    expect(readUpTo(readUpTo(data, 2, 'anna'), 1, 'anna').mine.lastReadSeq).toBe(2);
    data = applyEvent(data, { type: 'message', rev: 4, message: message(3, 4, by('anna')) }, 'anna', unlimited);
    expect(data.mine).toMatchObject({ lastSeq: 3, lastReadSeq: 3, unread: 0 });
  });

  it('counts neither lines of the system nor what was deleted, and a deletion makes fewer unread', () => {
    const bert = { author: { ...message(1, 1).author, id: 'bert' } };
    const line = { kind: 'system' as const, author: { ...bert.author, type: 'system' as const, id: null } };
    let data = openRoomData(detail(1), page(1, []), 'anna');
    const apply = (rev: number, seq: number, more: Partial<MessageView>) => {
      data = applyEvent(data, { type: 'message', rev, message: message(seq, rev, more) }, 'anna', unlimited);
    };
    apply(2, 1, line);
    expect(data.mine).toMatchObject({ lastSeq: 1, unread: 0 });
    apply(3, 2, bert);
    apply(4, 3, { kind: 'reply', author: { ...bert.author, type: 'character', id: 'ada' } });
    apply(5, 4, line);
    expect(data.mine).toMatchObject({ lastSeq: 4, unread: 2 });
    apply(6, 2, { ...bert, deletedAt: '2026-01-01T00:00:00.000Z' });
    expect(data.mine).toMatchObject({ lastSeq: 4, lastReadSeq: 0, unread: 1 });
    expect(readUpTo(data, 3, 'anna').mine.unread).toBe(0);
  });

  it('keeps what the server counted where the messages here do not reach back to what was read', () => {
    const mine = { ...detail(9).mine, lastSeq: 9, lastReadSeq: 2, unread: 4 };
    const bert = { author: { ...message(1, 1).author, id: 'bert' } };
    const latest = { ...page(9, [message(8, 8, bert), message(9, 9, bert)]), hasBefore: true };
    let data = openRoomData({ ...detail(9), mine }, latest, 'anna');
    expect(data.mine.unread).toBe(4);
    data = applyEvent(data, { type: 'message', rev: 10, message: message(10, 10, bert) }, 'anna', unlimited);
    expect(data.mine.unread).toBe(5);
    expect(readUpTo(data, 8, 'anna').mine.unread).toBe(2);
    expect(readUpTo(data, 5, 'anna').mine.unread).toBe(5);
  });

  it('follows one’s own role', () => {
    const data = applyEvent(open(), { type: 'member', rev: 11, member: member('anna', 11, 'moderator'), left: false }, 'anna', unlimited);
    expect(data.mine.role).toBe('moderator');
    expect(data.members.map(({ role }) => role)).toEqual(['moderator']);
  });

  it('follows one’s own silence, and its end', () => {
    const silencedUntil = '2026-11-30T05:00:00.000Z';
    const change = (rev: number, more: object, who = 'anna') =>
      ({ type: 'member', rev, member: { ...member(who, rev), ...more }, left: false }) as const;
    let data = applyEvent(open(), change(11, { silencedUntil }, 'bert'), 'anna', unlimited);
    expect(data.mine).not.toHaveProperty('silencedUntil');
    data = applyEvent(data, change(12, { silencedUntil }), 'anna', unlimited);
    expect(data.mine.silencedUntil).toBe(silencedUntil);
    data = applyEvent(data, change(13, {}), 'anna', unlimited);
    expect(data.mine).not.toHaveProperty('silencedUntil');
  });
});
