import { randomUUID } from 'node:crypto';
import { type OperationName, operationNamed, operations } from '@parley/contracts';
import { words } from '@parley/model-server';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Collected } from '../harness/collected.js';
import { anonymous, type Person, register } from '../harness/person.js';
import { until } from './harness/settle.js';
import { repliesOf } from './harness/truth.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  // Sweep so rarely that only the bus can bring the news.
  world = await startWorld({ name: '21 who gets in', apis: 2, workers: 1, variables: { SESSION_SWEEP_MS: '60000' } });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

const appCode = (error: unknown) => (error as { data?: { appCode?: string } }).data?.appCode ?? String(error);
const refresh = (index: number, refreshToken: string) => anonymous(world.apis[index]!.url).auth.refresh.mutate({ refreshToken });

test('an old refresh token that is used again ends the session, on every instance, and so for the thief', async () => {
  await using owner = await register(world.apis[0]!.url, 'robbed');
  const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Robbed' });
  const { events } = owner.read(roomId);
  await events.until((items) => items.length > 0);
  const stolen = owner.refreshToken;
  const second = await refresh(0, stolen);
  const third = await refresh(1, second.refreshToken!);
  // Two exchanges later, a lost answer no longer explains the use of the first token.
  expect(await refresh(1, stolen).then(() => 'let in', appCode)).toBe('SESSION_REVOKED');
  for (const token of [stolen, second.refreshToken!, third.refreshToken!]) {
    for (const index of [0, 1])
      expect(await refresh(index, token).then(() => 'let in', appCode)).toMatch(/^(SESSION_REVOKED|UNAUTHENTICATED)$/);
  }
  await owner.closes.until((codes) => codes.includes(4500));
  expect(await owner.http.auth.me.query().then(() => 'let in', appCode)).toBe('SESSION_REVOKED');
});

test('two tabs that refresh at once, on two instances, both stay signed in', async () => {
  await using person = await register(world.apis[0]!.url, 'two-tabs');
  let token = person.refreshToken;
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all([refresh(0, token), refresh(1, token), refresh(round % 2, token)]);
    for (const { user, accessToken } of answers) {
      expect(user.id).toBe(person.id);
      expect(accessToken).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    }
    // The cookie jar keeps whichever came last.
    token = world.chance.pick(answers).refreshToken!;
  }
  expect((await refresh(1, token)).user.id).toBe(person.id);
});

let owner: Person;
let stranger: Person;
let former: Person;
let place: Place;

/** What a call can name. */
interface Place {
  roomId: string;
  messageId: string;
  replyId: string;
  characterId: string;
  noteId: string;
}

/** In the name, the messages and the replies of the private room, and nowhere else. */
const secret = 'quokka-in-the-attic';

beforeAll(async () => {
  const [here, there] = world.apis;
  world.model.script(() => ({ steps: words(`The answer is ${secret}.`) }));
  owner = await register(here!.url, 'owner');
  stranger = await register(there!.url, 'stranger');
  former = await register(there!.url, 'former');
  const { id: roomId } = await owner.http.rooms.create.mutate({ name: `About ${secret}`, topic: secret, visibility: 'private' });
  await owner.http.rooms.addMember.mutate({ roomId, username: 'former' });
  const { message, replies } = await owner.http.messages.send.mutate({
    roomId,
    clientId: randomUUID(),
    content: `@ada what of ${secret}? Tell @former.`,
  });
  await until('the reply has ended', async () => (await repliesOf(world.database, roomId))[0]!.status === 'complete');
  const { character } = await owner.http.characters.create.mutate({
    handle: 'keeper',
    name: 'Keeper',
    systemPrompt: `You guard ${secret}.`,
  });
  await owner.http.rooms.removeMember.mutate({ roomId, username: 'former' });
  const { id: noteId } = await owner.http.notes.save.mutate({ roomId, text: secret });
  place = { roomId, messageId: message!.id, replyId: replies[0]!.id, characterId: character.id, noteId };
});
afterAll(async () => {
  for (const person of [owner, stranger, former]) await person?.[Symbol.asyncDispose]();
});

type Input = Record<string, unknown> & { roomId: string };

/** Has every field that any operation asks for; each operation takes its own. */
function inputOf(name: OperationName, { roomId, messageId, replyId, characterId, noteId }: Place): Input {
  return {
    roomId,
    messageId: name.startsWith('replies.') ? replyId : messageId,
    characterId,
    noteId,
    version: 1,
    username: 'owner',
    displayName: 'Someone',
    password: 'a password',
    currentPassword: 'a password',
    newPassword: 'another password',
    clientId: randomUUID(),
    content: 'changed',
    emoji: '👍',
    on: true,
    typing: true,
    muted: true,
    archived: true,
    dayTokens: null,
    monthTokens: null,
    dayCost: null,
    monthCost: null,
    role: 'owner',
    seq: 1,
    scope: 'joined',
    name: 'Changed',
    topic: 'changed',
    handle: `h${randomUUID().slice(0, 8)}`,
    systemPrompt: 'changed',
    query: secret,
    limit: 20,
    taskId: replyId,
    attempt: 1,
    offset: 0,
    text: 'changed',
    message: 'changed',
    url: 'https://hooks.example.org/',
    events: ['message.created'],
    webhookId: messageId,
    deliveryId: messageId,
    hookId: messageId,
    callId: '0.0',
    answer: 'deny',
    words: ['changed'],
    forMinutes: 1,
    banned: true,
    reason: 'spam',
  };
}

interface Answer {
  ok: boolean;
  code: string | null;
  message: string | null;
  text: string;
}

/** One call, by whatever method the operation takes; a subscription is read up to its first event, a file to its end. */
async function call(url: string, name: OperationName, input: Input, accessToken?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(accessToken ? { authorization: `Bearer ${accessToken}` } : {}) };
  const { route } = operationNamed(name);
  if (route) {
    const [method, path] = route.split(' ') as [string, string];
    const response = await fetch(url + path.replace(':roomId', input.roomId), {
      method,
      headers: { authorization: headers.authorization ?? '' },
    });
    return answerOf(await response.text());
  }
  const query = `${url}/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`;
  if (name.endsWith('.events')) {
    const leave = new AbortController();
    const response = await fetch(query, { headers: { ...headers, accept: 'text/event-stream' }, signal: leave.signal });
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (/"(?:appCode|type)":/.test(text)) break;
    }
    leave.abort();
    return answerOf(text);
  }
  const asMutation = await fetch(`${url}/trpc/${name}`, { method: 'POST', headers, body: JSON.stringify(input) });
  const answer = answerOf(await asMutation.text());
  return answer.code === 'NOT_FOUND' || asMutation.status === 405 ? answerOf(await (await fetch(query, { headers })).text()) : answer;
}

function answerOf(text: string): Answer {
  const code = /"appCode":"([A-Z_]+)"/.exec(text)?.[1] ?? null;
  return { ok: code === null, code, message: /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? null, text };
}

const names = Object.keys(operations) as OperationName[];
const closed = names.filter((name) => operations[name].who !== 'anyone');
/** Operations that name something of the private room. */
const ofTheRoom = closed.filter((name) => ['room', 'reader', 'self', 'invited', 'maker'].includes(operations[name].who));

test('whoever is not signed in is refused by every operation that needs an account, on every instance', async () => {
  for (const { url } of world.apis) {
    for (const name of closed) {
      for (const token of [undefined, 'not.a.token']) {
        const { code, text } = await call(url, name, inputOf(name, place), token);
        expect([name, code]).toEqual([name, 'UNAUTHENTICATED']);
        expect(text).not.toContain(secret);
      }
    }
  }
});

test('a stranger and a former member are refused by every operation of a private room, and cannot tell it from one that does not exist', async () => {
  const nowhere = { roomId: randomUUID(), messageId: randomUUID(), replyId: randomUUID(), characterId: randomUUID(), noteId: randomUUID() };
  expect(ofTheRoom.length).toBeGreaterThan(20);
  for (const { accessToken } of [stranger, former]) {
    for (const name of ofTheRoom) {
      const refused = await call(world.apis[1]!.url, name, inputOf(name, place), accessToken);
      expect([name, refused.ok]).toEqual([name, false]);
      expect(`${name}: ${refused.code} ${refused.message}`).not.toMatch(/VALIDATION/);
      expect(refused.text).not.toContain(secret);
      // Characters are public, so an unknown one may be refused with another error.
      if (operations[name].who === 'maker') continue;
      const unknown = await call(world.apis[1]!.url, name, inputOf(name, nowhere), accessToken);
      expect([name, refused.code, refused.message]).toEqual([name, unknown.code, unknown.message]);
    }
  }
  const { room, members } = await owner.http.rooms.get.query({ roomId: place.roomId });
  expect([room.name, members.length]).toEqual([`About ${secret}`, 1]);
});

test('whoever is no admin is refused what is for admins', async () => {
  const forAdmins = closed.filter((name) => operations[name].who === 'admin');
  expect(forAdmins).not.toEqual([]);
  for (const name of forAdmins) {
    for (const { accessToken } of [stranger, former]) {
      expect([name, (await call(world.apis[1]!.url, name, inputOf(name, place), accessToken)).code]).toEqual([name, 'FORBIDDEN']);
    }
  }
  await expect(owner.http.auth.me.query()).resolves.toMatchObject({ username: 'owner' });
});

test('what everyone may ask tells a stranger nothing of the private room', async () => {
  for (const { accessToken } of [stranger, former]) {
    for (const name of closed.filter((each) => !ofTheRoom.includes(each) && !each.startsWith('auth.'))) {
      for (const scope of ['joined', 'public']) {
        const { text } = await call(world.apis[1]!.url, name, { ...inputOf(name, place), scope, query: secret.slice(0, 6) }, accessToken);
        // Everyone's own file names the rooms they were in, by id alone.
        const namesRoom = name !== 'users.exportAccount' && text.includes(place.roomId);
        expect([name, text.includes(secret), namesRoom]).toEqual([name, false, false]);
      }
    }
  }
});

test('nothing of a private room arrives at a stranger’s inbox or in another room, whatever happens in it', async () => {
  const joined = await stranger.http.rooms.list.query();
  const lobby = joined.find(({ room }) => room.name === 'Lobby');
  const received = new Collected<string>();
  const readings = [stranger, former].flatMap((person) => [
    person.socket.inbox.events.subscribe({}, { onData: (event) => received.push(JSON.stringify(event)) }),
    person.socket.rooms.events.subscribe({ roomId: lobby!.room.id }, { onData: (event) => received.push(JSON.stringify(event)) }),
  ]);
  await received.until(
    (items) =>
      items.filter((item) => item.includes('"hello"')).length === 2 && items.filter((item) => item.includes('"snapshot"')).length === 2,
  );
  const { roomId } = place;
  const { message } = await owner.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: `${secret} @stranger @former` });
  await owner.http.messages.react.mutate({ messageId: message!.id, emoji: '👍', on: true });
  await owner.http.messages.edit.mutate({ messageId: message!.id, content: `${secret} again @stranger` });
  await owner.http.rooms.update.mutate({ roomId, topic: `${secret}, anew` });
  const reading = owner.read(roomId);
  await reading.events.until((items) => items.length > 0);
  // This last message goes the same way as the others and overtakes none: once it is there, nothing else can follow.
  const last = `nothing to see ${randomUUID()}`;
  await owner.http.messages.send.mutate({ roomId: lobby!.room.id, clientId: randomUUID(), content: `${last} @stranger @former` });
  await received.until((items) => items.filter((item) => item.includes(last)).length === 2);
  expect(received.items.filter((item) => item.includes(secret) || item.includes(roomId))).toEqual([]);
  for (const subscription of readings) subscription.unsubscribe();
  reading.stop();
});
