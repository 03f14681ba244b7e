import type { AccountView, BudgetView, MessageView, Mine, RoomInvitation, RoomView, UsageReport, UserView } from '@parley/contracts';

/** A made-up room, for looking at the page without a server. */

const hues = { bo: 30, yuki: 235, cy: 150 } as const;
export const id = (n: number) => `018f0000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const today = (time: string, dayOffset = 0) => {
  const [hours, minutes] = time.split(':').map(Number);
  const date = new Date();
  date.setDate(date.getDate() + dayOffset);
  date.setHours(hours!, minutes!, 0, 0);
  return date.toISOString();
};

export const me: AccountView = {
  id: id(1),
  username: 'yuki',
  displayName: 'Yuki Tan',
  avatar: { hue: hues.yuki, glyph: null },
  role: 'admin',
  createdAt: today('09:00', -40),
};
export const bo: UserView = { id: id(2), username: 'bo', displayName: 'Bo Lindqvist', avatar: { hue: hues.bo, glyph: null } };
export const cy: UserView = { id: id(3), username: 'cy', displayName: 'Cy Adeyemi', avatar: { hue: hues.cy, glyph: null } };
/** Left the room. */
export const dag: UserView = { id: id(4), username: 'dag', displayName: 'Dag Holm', avatar: { hue: 300, glyph: null } };
export const ada = {
  id: id(9),
  handle: 'ada',
  name: 'Ada',
  tagline: 'The room’s assistant',
  avatar: { hue: 178, glyph: 'sparkle' },
  model: 'openai:gpt-5-mini',
};

export const socrates = {
  ...ada,
  id: id(10),
  handle: 'socrates',
  name: 'Socrates',
  tagline: 'Asks what you have not asked yet',
  avatar: { hue: 300, glyph: 'swords' },
};
export const lin = {
  ...ada,
  id: id(11),
  handle: 'lin',
  name: 'Lin',
  tagline: 'Translates, and minds the words',
  avatar: { hue: 60, glyph: 'languages' },
};

export const lobby: RoomView = {
  id: id(100),
  name: 'Lobby',
  topic: 'Where everyone starts. Try /summary, or ask @ada.',
  visibility: 'public',
  memberCount: 3,
  archivedAt: null,
  createdAt: today('09:00', -40),
  rev: 1,
};

export const mine = (unread = 0, mentions = 0): Mine => ({
  role: 'member',
  lastReadSeq: 0,
  lastSeq: unread,
  unread,
  mentions,
  muted: false,
  direct: null,
});

export const otherRooms: { room: RoomView; mine: Mine }[] = [
  { room: { ...lobby, id: id(101), name: 'release-12', topic: 'Shipping on Friday' }, mine: mine(9, 2) },
  { room: { ...lobby, id: id(102), name: 'design', topic: '' }, mine: mine(14) },
  { room: { ...lobby, id: id(103), name: 'papers', topic: 'One a week' }, mine: mine() },
  { room: { ...lobby, id: id(104), name: 'incident-0417', topic: '', visibility: 'private' }, mine: { ...mine(3), muted: true } },
  { room: direct(105), mine: { ...mine(), direct: { type: 'user', id: bo.id, name: bo.displayName, avatar: bo.avatar } } },
  { room: direct(106), mine: { ...mine(), direct: { type: 'character', id: socrates.id, name: socrates.name, avatar: socrates.avatar } } },
  { room: direct(107), mine: { ...mine(), direct: { type: 'character', id: lin.id, name: lin.name, avatar: lin.avatar } } },
];

export const invitations: RoomInvitation[] = [
  { roomId: id(110), roomName: 'kitchen-rota', invitedBy: bo, invitedAt: today('08:10') },
  { roomId: id(111), roomName: 'a-room-with-a-name-that-is-far-too-long-for-any-sidebar', invitedBy: cy, invitedAt: today('08:20') },
];

function direct(n: number): RoomView {
  return { ...lobby, id: id(n), name: '', topic: '', visibility: 'direct', memberCount: 2 };
}

export function message(seq: number, author: UserView, time: string, content: string, dayOffset = 0): MessageView {
  return {
    id: id(1000 + seq),
    roomId: lobby.id,
    seq,
    rev: seq,
    kind: 'text',
    author: { type: 'user', id: author.id, name: author.displayName, handle: author.username, avatar: author.avatar },
    content,
    system: null,
    status: null,
    attempt: 0,
    replyTo: null,
    clientId: id(5000 + seq),
    mentions: [],
    reactions: [],
    createdAt: today(time, dayOffset),
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    reply: null,
    error: null,
  };
}

export function reply(seq: number, trigger: MessageView, status: MessageView['status'], content = ''): MessageView {
  return {
    ...message(seq, bo, '14:11', content),
    kind: 'reply',
    author: { type: 'character', id: ada.id, name: ada.name, handle: ada.handle, avatar: ada.avatar },
    status,
    attempt: 1,
    createdAt: trigger.createdAt,
    clientId: null,
    reply: {
      askedBy: trigger.author.id!,
      trigger: { kind: 'summary', messageId: trigger.id },
      model: 'openai:gpt-5-mini',
      startedAt: new Date(Date.now() - 2000).toISOString(),
      finishedAt: null,
      stoppedBy: null,
      usage: null,
    },
  };
}

export const code = `It reads the file twice. One pass is enough:

\`\`\`ts
for await (const row of parse(stream)) {
  batch.push(row); if (batch.length === 5_000) await flush(batch);
}
\`\`\``;

export const summary = `- **Ship on Friday** if the migration stays green. [Bo 14:02](#message-${id(1201)})
- **Importer** is the only risk: 40 s per gigabyte because it reads the file twice; Cy has a one-pass version. [1](#message-${id(1201)}) [2](#message-${id(1202)})
- Nobody has said who reviews the one-pass`;

export const longReply = `### What is decided

The migration runs **Thursday evening**, see [the plan](https://example.org/plan) and \`deploy/migrate.sh\`.

1. Freeze writes at 21:00
2. Run the importer
3. Open again

> It reads the file twice. One pass is enough.

| step | owner | minutes |
| --- | --- | --: |
| freeze | Bo | 5 |
| import | Cy | 40 |

- [x] dry run on staging
- [ ] reviewer for the one-pass version

An image: ![a chart](https://example.org/chart.png), and raw <b onclick="alert(1)">HTML</b>.`;

export function budget(scope: BudgetView['scope'], changes: Partial<BudgetView> = {}): BudgetView {
  const resetsAt = `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}T00:00:00.000Z`;
  return { scope, span: 'day', unit: 'tokens', limit: 200_000, used: 168_400, resetsAt, ...changes };
}

/** A report in which every other day has something, the same at each call. */
export function usage(days: number, scope: BudgetView['scope']): UsageReport {
  const sum = (calls: number) => ({
    calls,
    inputTokens: calls * 1_204,
    cachedTokens: calls * 300,
    outputTokens: calls * 186,
    cost: calls * 1_740,
    unpricedCalls: 0,
  });
  const used = Array.from({ length: days }, (_, index) => ({
    day: new Date(Date.now() - (days - 1 - index) * 86_400_000).toISOString().slice(0, 10),
    ...sum([4, 0, 11, 23, 7, 0, 0, 16][index % 8]!),
  }));
  const calls = used.reduce((all, day) => all + day.calls, 0);
  const of = (share: number) => sum(Math.round(calls * share));
  return {
    total: sum(calls),
    days: used.filter((day) => day.calls > 0),
    models: [
      { model: 'openai:gpt-5.4-mini', ...of(0.7) },
      { model: 'anthropic:claude-haiku-5-5', ...of(0.2) },
      { model: 'ollama:llama4', ...of(0.1), cost: 0, unpricedCalls: of(0.1).calls },
    ],
    characters: [
      { characterId: ada.id, name: ada.name, ...of(0.6) },
      { characterId: socrates.id, name: socrates.name, ...of(0.4) },
    ],
    budgets: [budget(scope), budget(scope, { span: 'month', unit: 'cost', limit: 20_000_000, used: 20_000_000 })],
    setLimits: { dayTokens: 200_000, monthTokens: null, dayCost: null, monthCost: 20_000_000 },
  };
}
