import { randomUUID } from 'node:crypto';
import {
  decide,
  keyScopes,
  may,
  operationNamed,
  operations,
  type InboxEvent,
  type KeyScope,
  type OperationName,
  type RestAddress,
  type RoomRole,
} from '@parley/contracts';
import { createBot } from '@parley/core/accounts/bots';
import { createKey } from '@parley/core/keys/create-key';
import { revokeKey } from '@parley/core/keys/revoke-key';
import { beforeAll, describe, expect, test } from 'vitest';
import { Collected } from '../../../tests/e2e/harness/collected.js';
import { appRouter } from './app-router.js';
import { rawCall, readAnswer, type RawAnswer } from './testing/raw-call.js';
import { RoomTemplate } from './testing/room-template.js';
import { sharedApi } from './testing/shared-api.js';
import { createTestApi, type TestUser } from './testing/test-api.js';

type Visibility = 'public' | 'private';

/** What a call may name. */
interface Place {
  roomId: string;
  /** Written by the room's owner. */
  messageId: string;
  /** Asked for by the room's owner. */
  replyId: string;
  /** Made by someone who is no admin, whose program writes its answers. */
  characterId: string;
  /** The handle of that character. */
  handle: string;
  /** An answer that it owes, under way. */
  taskId: string;
}

/** Who the tests play; all but the stranger are or were in each room. `extra` is in none, `target` in all as a plain member. */
type Person = 'owner' | 'moderator' | 'member' | 'former' | 'invited' | 'target' | 'stranger' | 'extra';

const noneSet = { dayTokens: null, monthTokens: null, dayCost: null, monthCost: null };

/** For each operation, an input that is not refused to a caller who may make the call. */
const inputs: Record<OperationName, (place: Place) => unknown> = {
  'auth.doors': () => undefined,
  'audit.list': () => ({}),
  'admin.people': () => ({}),
  'admin.setAdmin': () => ({ username: 'nobody-at-all', admin: false }),
  'admin.endSessions': () => ({ username: 'nobody-at-all' }),
  'admin.rooms': () => ({}),
  'admin.archiveRoom': () => ({ roomId: randomUUID(), archived: true }),
  'admin.takeOver': () => ({ roomId: randomUUID() }),
  'settings.get': () => undefined,
  'settings.set': () => ({ name: 'announcement', value: null }),
  'settings.shown': () => undefined,
  'auth.register': () => ({ username: `u-${randomUUID().slice(0, 8)}`, password: 'a good password' }),
  'auth.login': () => ({ username: 'nobody', password: 'a good password' }),
  'auth.refresh': () => ({ refreshToken: 'made-up' }),
  'auth.validate': () => ({ token: 'made.up.token' }),
  'auth.logout': () => ({}),
  'auth.me': () => undefined,
  'auth.changePassword': () => ({ currentPassword: 'not the password', newPassword: 'a good password' }),
  'auth.code': () => ({ step: 'made-up', code: '123456' }),
  'auth.reset': () => ({ code: 'made-up', password: 'a good password' }),
  'auth.invite': () => ({ invite: 'made-up' }),
  'auth.security': () => undefined,
  'passkeys.request': () => undefined,
  'passkeys.signIn': () => ({
    proof: { id: 'a', rawId: 'a', type: 'public-key', response: { clientDataJSON: '', authenticatorData: '', signature: '' } },
  }),
  'passkeys.begin': () => ({}),
  'passkeys.add': () => ({
    name: 'phone',
    answer: { id: 'a', rawId: 'a', type: 'public-key', response: { clientDataJSON: '', attestationObject: '' } },
  }),
  'passkeys.rename': () => ({ passkey: 'none', name: 'phone' }),
  'passkeys.remove': () => ({ passkey: 'none' }),
  'secondStep.begin': () => ({ password: 'not the password' }),
  'secondStep.confirm': () => ({ code: '123456' }),
  'secondStep.remove': () => ({ password: 'not the password' }),
  'secondStep.renewCodes': () => ({ password: 'not the password' }),
  'users.resetLink': () => ({ username: 'nobody-at-all' }),
  'users.removeSecondStep': () => ({ username: 'nobody-at-all' }),
  'invites.list': () => undefined,
  'invites.create': () => ({}),
  'invites.revoke': () => ({ inviteId: randomUUID() }),
  'sessions.list': () => undefined,
  // One of nobody's: the tests need those of the people.
  'sessions.end': () => ({ sessionId: randomUUID() }),
  'doors.own': () => undefined,
  'doors.get': () => undefined,
  'doors.setRules': () => ({ provider: 'nobody', rules: [] }),
  'keys.list': () => undefined,
  'keys.create': () => ({ name: 'script', scopes: ['rooms:read'] }),
  'bots.list': () => undefined,
  'bots.create': () => ({ username: `bot-${randomUUID().slice(0, 8)}` }),
  // For bots alone: see bots.contract.ts of core.
  'bots.setCommands': () => ({ commands: [{ name: 'deploy', help: 'Puts it out' }] }),
  'bots.remove': () => ({ username: 'nobody-at-all' }),
  'mcpServers.list': () => undefined,
  'mcpServers.create': () => ({ name: `wiki ${randomUUID().slice(0, 8)}`, url: 'https://8.8.8.8/mcp' }),
  'mcpServers.update': () => ({ serverId: randomUUID(), trusted: true }),
  'mcpServers.remove': () => ({ serverId: randomUUID() }),
  'mcpServers.check': () => ({ serverId: randomUUID() }),
  'mcpServers.attached': ({ characterId }) => ({ characterId }),
  'mcpServers.attach': ({ characterId }) => ({ characterId, servers: [] }),
  'webhooks.list': ({ roomId }) => ({ roomId }),
  'webhooks.create': ({ roomId }) => ({ roomId, url: 'https://8.8.8.8/in', events: ['message.created'] }),
  'webhooks.update': () => ({ webhookId: randomUUID(), active: true }),
  'webhooks.remove': () => ({ webhookId: randomUUID() }),
  'webhooks.rotate': () => ({ webhookId: randomUUID() }),
  'webhooks.deliveries': () => ({ webhookId: randomUUID() }),
  'webhooks.resend': () => ({ webhookId: randomUUID(), deliveryId: randomUUID() }),
  'webhooks.listForBot': () => ({ username: 'nobody-at-all' }),
  'webhooks.createForBot': () => ({ username: 'nobody-at-all', url: 'https://8.8.8.8/in', events: ['mention'] }),
  'hooks.list': ({ roomId }) => ({ roomId }),
  'hooks.create': ({ roomId }) => ({ roomId, name: 'Builds' }),
  'hooks.remove': ({ roomId }) => ({ roomId, hookId: randomUUID() }),
  'keys.revoke': () => ({ keyId: randomUUID() }),
  'agents.next': ({ handle }) => ({ handle }),
  'agents.write': ({ taskId }) => ({ taskId, attempt: 1, offset: 0, text: 'Well' }),
  'agents.done': ({ taskId }) => ({ taskId, attempt: 1, text: 'Well, no.' }),
  'agents.fail': ({ taskId }) => ({ taskId, attempt: 1, message: 'Not today.' }),
  'users.search': () => ({ query: 'secret' }),
  'users.updateProfile': () => ({ hue: 7 }),
  'users.removeAccount': () => ({ password: 'not the password' }),
  'users.exportAccount': () => undefined,
  // This call must not disable an account that the tests need.
  'users.disable': () => ({ username: 'nobody-at-all' }),
  'users.enable': () => ({ username: 'nobody-at-all' }),
  'rooms.list': () => ({ scope: 'joined' }),
  'rooms.browse': () => undefined,
  'rooms.create': () => ({ name: 'New' }),
  'rooms.import': () => undefined,
  'holds.list': () => undefined,
  'holds.place': () => ({ username: 'nobody-at-all', reason: 'Case' }),
  'holds.lift': () => ({ holdId: randomUUID() }),
  'holds.export': () => ({ holdId: randomUUID() }),
  'users.exportPerson': () => ({ username: 'nobody-at-all' }),
  'users.removePerson': () => ({ username: 'nobody-at-all' }),
  'users.removals': () => undefined,
  'storage.show': () => undefined,
  'rooms.retention': ({ roomId }) => ({ roomId }),
  'rooms.export': ({ roomId }) => ({ roomId }),
  'rooms.get': ({ roomId }) => ({ roomId }),
  'rooms.members': ({ roomId }) => ({ roomId }),
  'rooms.characters': ({ roomId }) => ({ roomId }),
  'rooms.join': ({ roomId }) => ({ roomId }),
  'rooms.leave': ({ roomId }) => ({ roomId }),
  'rooms.markRead': ({ roomId }) => ({ roomId, seq: 1 }),
  'rooms.events': ({ roomId }) => ({ roomId }),
  'rooms.update': ({ roomId }) => ({ roomId, topic: 'Changed' }),
  'rooms.archive': ({ roomId }) => ({ roomId, archived: true }),
  'rooms.pauseAi': ({ roomId }) => ({ roomId, paused: false }),
  'rooms.addMember': ({ roomId }) => ({ roomId, username: 'extra' }),
  'rooms.withdrawInvitation': ({ roomId }) => ({ roomId, username: 'invited' }),
  'rooms.invitations': () => undefined,
  'rooms.acceptInvitation': ({ roomId }) => ({ roomId }),
  'rooms.declineInvitation': ({ roomId }) => ({ roomId }),
  'rooms.removeMember': ({ roomId }) => ({ roomId, username: 'target' }),
  'rooms.words': ({ roomId }) => ({ roomId }),
  'rooms.setWords': ({ roomId }) => ({ roomId, words: ['walrus'] }),
  'rooms.silence': ({ roomId }) => ({ roomId, username: 'target', forMinutes: 1 }),
  'rooms.ban': ({ roomId }) => ({ roomId, username: 'target' }),
  'rooms.unban': ({ roomId }) => ({ roomId, username: 'former' }),
  'rooms.bans': ({ roomId }) => ({ roomId }),
  'rooms.setRole': ({ roomId }) => ({ roomId, username: 'target', role: 'moderator' }),
  'rooms.setMute': ({ roomId }) => ({ roomId, muted: true }),
  'rooms.direct': () => ({ username: 'extra' }),
  'rooms.addCharacter': ({ roomId, characterId }) => ({ roomId, characterId }),
  'rooms.removeCharacter': ({ roomId, characterId }) => ({ roomId, characterId }),
  'presence.typing': ({ roomId }) => ({ roomId, typing: true }),
  'characters.list': () => undefined,
  'characters.get': ({ characterId }) => ({ characterId }),
  'characters.create': () => ({ handle: `c-${randomUUID().slice(0, 8)}`, name: 'New', systemPrompt: 'Be new.' }),
  'characters.importCard': () => ({ card: { name: 'New' }, handle: `c-${randomUUID().slice(0, 8)}` }),
  'characters.exportCard': ({ characterId }) => ({ characterId }),
  'characters.update': ({ characterId }) => ({ characterId, tagline: 'Changed' }),
  'characters.delete': ({ characterId }) => ({ characterId }),
  'messages.list': ({ roomId }) => ({ roomId }),
  'messages.send': ({ roomId }) => ({ roomId, clientId: randomUUID(), content: 'hello' }),
  'messages.get': ({ messageId }) => ({ messageId }),
  'messages.edit': ({ messageId }) => ({ messageId, content: 'changed' }),
  'messages.delete': ({ messageId }) => ({ messageId }),
  'messages.react': ({ messageId }) => ({ messageId, emoji: '👍', on: true }),
  'notes.list': ({ roomId }) => ({ roomId }),
  'notes.save': ({ roomId }) => ({ roomId, text: 'The key is under the mat.' }),
  'notes.remove': ({ roomId }) => ({ roomId, noteId: randomUUID() }),
  'messages.pin': ({ messageId }) => ({ messageId, on: true }),
  'messages.hideFromAi': ({ messageId }) => ({ messageId, on: true }),
  'messages.hide': ({ messageId }) => ({ messageId, on: true }),
  'messages.hiddenText': ({ messageId }) => ({ messageId }),
  // Of what somebody else wrote: nobody reports themselves.
  'reports.create': ({ replyId }) => ({ messageId: replyId, reason: 'spam' }),
  'reports.list': ({ roomId }) => ({ roomId }),
  'reports.listAll': () => undefined,
  'reports.resolve': () => ({ reportId: randomUUID(), outcome: 'nothing' }),
  'messages.pins': ({ roomId }) => ({ roomId }),
  'messages.search': () => ({ query: 'secret' }),
  'replies.stop': ({ replyId }) => ({ messageId: replyId }),
  'replies.regenerate': ({ replyId }) => ({ messageId: replyId }),
  'replies.choose': ({ replyId }) => ({ messageId: replyId, attempt: 1 }),
  'replies.versions': ({ replyId }) => ({ messageId: replyId }),
  // Of no call: who may allow one is shown in allow-call.contract.ts.
  'replies.allow': ({ replyId }) => ({ messageId: replyId, callId: '0.0', answer: 'deny' }),
  'replies.calls': ({ replyId }) => ({ messageId: replyId }),
  'replies.permissions': () => undefined,
  'replies.forbid': () => ({ id: randomUUID() }),
  'replies.receipt': ({ replyId }) => ({ messageId: replyId }),
  'usage.mine': () => ({}),
  'usage.room': ({ roomId }) => ({ roomId }),
  'usage.instance': () => ({}),
  'usage.character': ({ characterId }) => ({ characterId }),
  'usage.person': () => ({ username: 'nobody-at-all' }),
  'usage.meter': ({ roomId }) => ({ roomId }),
  'usage.limitRoom': ({ roomId }) => ({ roomId, ...noneSet }),
  'usage.limitCharacter': ({ characterId }) => ({ characterId, ...noneSet }),
  'usage.limitPerson': () => ({ username: 'nobody-at-all', ...noneSet }),
  'commands.list': ({ roomId }) => ({ roomId }),
  'models.list': () => undefined,
  'models.characters': () => undefined,
  'models.get': () => ({ model: 'ada' }),
  'models.complete': () => ({ model: 'ada', messages: [{ role: 'user', content: 'hello' }] }),
  'inbox.events': () => ({}),
  'streamTickets.create': () => ({}),
  'chat.send': () => ({ session_id: randomUUID(), message: 'hello', clientId: randomUUID() }),
  'chat.events': () => undefined,
  'inbox.dismiss': () => ({ id: randomUUID() }),
};

const procedures = appRouter._def.procedures as unknown as Record<string, { _def: { type: 'query' | 'mutation' | 'subscription' } }>;
const names = Object.keys(operations) as OperationName[];
const access = (name: OperationName) => operationNamed(name);
const nowhere = (): Place => ({
  roomId: randomUUID(),
  messageId: randomUUID(),
  replyId: randomUUID(),
  characterId: randomUUID(),
  handle: `h-${randomUUID().slice(0, 8)}`,
  taskId: randomUUID(),
});
const inputOf = (name: OperationName, place: Place): unknown => inputs[name](place);

const takesMessage = (name: OperationName) => Object.hasOwn(Object(inputOf(name, nowhere())), 'messageId');
const takesRoom = (name: OperationName) => Object.hasOwn(Object(inputOf(name, nowhere())), 'roomId');

/** The outcome a caller sees: our code, or `ok`. */
const outcome = (answer: RawAnswer) => answer.error?.data.appCode ?? 'ok';
/** Codes that refuse the caller, or that show that the test's call could not have been granted to anyone. */
const denials = [
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'SESSION_REVOKED',
  'FORBIDDEN',
  'ROOM_NOT_FOUND',
  'MESSAGE_NOT_FOUND',
  'INTERNAL',
  'VALIDATION',
];

/** What a caller sees of an error, without the id that names the call in the log. */
function shown({ status, error }: RawAnswer) {
  const { correlationId: _, ...data } = error!.data;
  return { status, message: error!.message, data };
}

/** What calls are made by; what REST has not is called by tRPC. */
type CalledBy = 'tRPC' | 'REST';

/** Calls a procedure or a file route. A file that the server sends is not read. */
async function callOperation(url: string, by: CalledBy, name: OperationName, place: Place, accessToken?: string): Promise<RawAnswer> {
  const input = inputOf(name, place);
  const { route, rest } = access(name);
  if (by === 'REST' && rest) return callRest(url, [rest].flat()[0]!, (input ?? {}) as Record<string, unknown>, accessToken);
  if (!route) {
    return rawCall(url, procedures[name]!._def.type, name, {
      ...(input === undefined ? {} : { input }),
      ...(accessToken === undefined ? {} : { accessToken }),
    });
  }
  const [method, path] = route.split(' ') as [string, string];
  const headers = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
  const response = await fetch(`${url}${path.replace(':roomId', place.roomId)}`, { method, headers });
  if (!response.ok) return readAnswer(response);
  await response.body?.cancel();
  return { status: response.status, headers: response.headers, cookies: [], data: undefined, error: undefined };
}

/** Makes a call by its address: what the path and the address itself do not say goes into the query or the body. */
async function callRest(url: string, address: RestAddress, input: Record<string, unknown>, accessToken?: string): Promise<RawAnswer> {
  const [method, place] = address.split(' ') as [string, string];
  const [path = '', fixed = ''] = place.split('?');
  const decided = new Set([...[...path.matchAll(/\{(\w+)\}/g)].map(([, param]) => param!), ...new URLSearchParams(fixed).keys()]);
  const others = Object.entries(input).filter(([field]) => !decided.has(field));
  const reads = method === 'GET' || method === 'DELETE';
  const query = reads && others.length > 0 ? `?${new URLSearchParams(others as [string, string][]).toString()}` : '';
  const response = await fetch(
    `${url}${path.replaceAll(/\{(\w+)\}/g, (_, param: string) => encodeURIComponent(String(input[param])))}${query}`,
    {
      method,
      headers: { 'content-type': 'application/json', ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }) },
      ...(!reads && { body: JSON.stringify(Object.fromEntries(others)) }),
    },
  );
  return readAnswer(response);
}

/** Whether the table lets this role call the operation; the message and the reply are the owner's. */
function mayCall(name: OperationName, role: RoomRole, visibility: Visibility): boolean {
  return may(name, { instanceRole: 'user', room: { role, visibility, archived: false }, own: role === 'owner' });
}

export function accessSuite(kind: 'pglite' | 'postgres', by: CalledBy): void {
  describe(`who may call what by ${by}, by the table of operations, on ${kind}`, () => {
    const world = sharedApi(kind, {
      LIMIT_SEND_PER_10_S: '100000',
      LIMIT_CHANGES_PER_10_S: '100000',
      LIMIT_ROOMS_PER_HOUR: '100000',
      LIMIT_FILES_PER_HOUR: '100000',
      LIMIT_AI_PER_MIN: '100000',
      LIMIT_LOGIN_PER_MIN: '100000',
    });
    const people = {} as Record<Person, TestUser>;

    const call = (name: OperationName, place: Place, accessToken?: string) => callOperation(world().api.url, by, name, place, accessToken);

    /** Whose session has ended. */
    let ended: TestUser;
    let shared: { characterId: string; handle: string };
    /** Rooms for calls that are refused, and so change nothing. */
    let refusing: Record<Visibility, Place>;
    const character = async () => {
      const input = { handle: `c-${randomUUID().slice(0, 8)}`, name: 'Keeper', systemPrompt: 'You keep a secret.', model: 'agent' };
      const { id, handle } = (await people.target.http.characters.create.mutate(input)).character;
      return { characterId: id, handle };
    };
    /** A character of the target's, and an answer of its that is under way. */
    const served = async () => {
      const { characterId, handle } = await character();
      const { rooms, messages, agents } = people.target.http;
      const { id: roomId } = await rooms.create.mutate({ name: 'For an agent' });
      await rooms.addCharacter.mutate({ roomId, characterId });
      await messages.send.mutate({ roomId, clientId: randomUUID(), content: `@${handle} hello?` });
      const { task } = await agents.next.mutate({ handle });
      return { ...nowhere(), characterId, handle, taskId: task!.taskId };
    };

    async function newPlace(visibility: Visibility): Promise<Place> {
      const { rooms, messages } = people.owner.http;
      const { id: roomId } = await rooms.create.mutate({ name: `A ${visibility} room`, visibility });
      for (const username of ['moderator', 'member', 'former', 'invited', 'target']) await rooms.addMember.mutate({ roomId, username });
      await rooms.setRole.mutate({ roomId, username: 'moderator', role: 'moderator' });
      for (const { http } of [people.former, people.invited]) await http.rooms.leave.mutate({ roomId });
      await rooms.addMember.mutate({ roomId, username: 'invited' });
      const { message, replies } = await messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask who may see the secret?' });
      return { roomId, messageId: message!.id, replyId: replies[0]!.id, taskId: randomUUID(), ...shared };
    }

    const templates = {} as Record<Visibility, { place: Place; room: RoomTemplate }>;
    /** A room of its own for a test, like {@link newPlace}. */
    async function place(visibility: Visibility): Promise<Place> {
      const { place: original, room } = templates[visibility];
      const copyOf = await room.copy();
      const { roomId, messageId, replyId } = original;
      return { ...original, roomId: copyOf(roomId), messageId: copyOf(messageId), replyId: copyOf(replyId) };
    }

    beforeAll(async () => {
      for (const name of ['owner', 'moderator', 'member', 'former', 'invited', 'target', 'stranger', 'extra'] as const)
        people[name] = await world().register(name);
      shared = await character();
      refusing = { public: await newPlace('public'), private: await newPlace('private') };
      for (const visibility of ['public', 'private'] as const) {
        const original = await newPlace(visibility);
        templates[visibility] = { place: original, room: await RoomTemplate.of(world().core.db, original.roomId) };
      }
      ended = await world().register('ended');
      await ended.http.auth.logout.mutate({});
    });

    test('the table and the router have the same procedures', () => {
      const tabled = names.filter((name) => !access(name).route);
      expect(tabled.toSorted()).toEqual(Object.keys(procedures).toSorted());
    });

    test.each(names.filter((name) => access(name).who !== 'anyone'))('%s needs an account, and a session that goes on', async (name) => {
      expect(outcome(await call(name, nowhere()))).toBe('UNAUTHENTICATED');
      expect(outcome(await call(name, nowhere(), 'made.up.token'))).toBe('UNAUTHENTICATED');
      expect(outcome(await call(name, nowhere(), ended.accessToken))).toBe('SESSION_REVOKED');
    });

    test.each(names.filter((name) => access(name).who === 'anyone'))('%s needs no account', async (name) => {
      expect(['UNAUTHENTICATED', 'FORBIDDEN', 'INTERNAL']).not.toContain(outcome(await call(name, nowhere())));
    });

    // What admins of the server do to rooms asks for no role in the room: see below.
    const bound = names.filter((name) => (takesRoom(name) || takesMessage(name)) && access(name).who !== 'admin');

    test.each(bound)('%s answers alike for a private room, one that never was, and one that was left', async (name) => {
      const hidden = refusing.private;
      const unknown = await call(name, nowhere(), people.stranger.accessToken);
      expect(outcome(unknown)).toBe(takesMessage(name) ? 'MESSAGE_NOT_FOUND' : 'ROOM_NOT_FOUND');
      for (const person of ['stranger', 'former'] as const) {
        expect(shown(await call(name, hidden, people[person].accessToken))).toEqual(shown(unknown));
      }
      if (access(name).who !== 'invited') expect(shown(await call(name, hidden, people.invited.accessToken))).toEqual(shown(unknown));
    });

    test.each(names.filter((name) => access(name).who === 'invited'))('%s is for whoever is invited, once', async (name) => {
      for (const visibility of ['public', 'private'] as const) {
        const where = await place(visibility);
        const before = await people.invited.http.rooms.invitations.query();
        expect(before).toContainEqual(
          expect.objectContaining({
            roomId: where.roomId,
            roomName: `A ${visibility} room`,
            invitedBy: expect.objectContaining({ username: 'owner' }) as unknown,
          }),
        );
        expect(outcome(await call(name, where, people.invited.accessToken))).toBe('ok');
        expect(await people.invited.http.rooms.invitations.query()).toEqual(before.filter(({ roomId }) => roomId !== where.roomId));
      }
    });

    test.each(bound.filter((name) => access(name).who !== 'reader'))('%s says to join a public room first', async (name) => {
      const open = refusing.public;
      for (const person of ['stranger', 'former', 'invited'] as const) {
        if (person === 'invited' && access(name).who === 'invited') continue;
        expect([person, outcome(await call(name, open, people[person].accessToken))]).toEqual([person, 'FORBIDDEN']);
      }
    });

    test.each(bound.flatMap((name) => (['public', 'private'] as const).map((visibility) => ({ name, visibility }))))(
      '$name in a $visibility room is for those whom the table names, and for nobody below',
      async ({ name, visibility }) => {
        const where = await place(visibility);
        // Of a message that is not hidden there is no hidden text.
        if (name === 'messages.hiddenText') await people.owner.http.messages.hide.mutate({ messageId: where.messageId, on: true });
        for (const role of ['member', 'moderator', 'owner'] as const) {
          const seen = outcome(await call(name, where, people[role].accessToken));
          if (mayCall(name, role, visibility)) expect([role, denials.includes(seen) ? seen : 'not denied']).toEqual([role, 'not denied']);
          else expect([role, seen]).toEqual([role, 'FORBIDDEN']);
        }
      },
    );

    test.each(names.filter((name) => access(name).who === 'maker'))(
      '%s is for whose it is, and for admins if the table says so',
      async (name) => {
        const own = await served();
        expect(['FORBIDDEN', 'CHARACTER_NOT_FOUND']).toContain(outcome(await call(name, own, people.stranger.accessToken)));
        expect(outcome(await call(name, own, people.target.accessToken))).toBe('ok');
        const seen = outcome(await call(name, await served(), people.owner.accessToken));
        // The first who registered is an admin.
        if (may(name, { instanceRole: 'admin', own: false })) expect(seen).toBe('ok');
        else expect(seen).not.toBe('ok');
      },
    );

    test.each(names.filter((name) => access(name).who === 'admin'))('%s is for admins alone', async (name) => {
      for (const person of ['stranger', 'moderator'] as const)
        expect([person, outcome(await call(name, nowhere(), people[person].accessToken))]).toEqual([person, 'FORBIDDEN']);
      // The first who registered is an admin.
      const missing = {
        username: 'USER_NOT_FOUND',
        serverId: 'MCP_SERVER_NOT_FOUND',
        characterId: 'CHARACTER_NOT_FOUND',
        holdId: 'NOT_FOUND',
        roomId: 'ROOM_NOT_FOUND',
        inviteId: 'NOT_FOUND',
      };
      const named = Object.entries(missing).find(([field]) => field in Object(inputOf(name, nowhere())));
      expect(outcome(await call(name, nowhere(), people.owner.accessToken))).toBe(named?.[1] ?? 'ok');
    });

    test('an archived room refuses to everyone in it what the table says, and a one-to-one room too', async () => {
      const archived = await place('public');
      await people.owner.http.rooms.archive.mutate({ roomId: archived.roomId, archived: true });
      const { id: roomId } = await people.owner.http.rooms.direct.mutate({ username: 'member' });
      const sent = await people.owner.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '@ada, only us two?' });
      const direct = { roomId, messageId: sent.message!.id, replyId: sent.replies[0]!.id, taskId: randomUUID(), ...shared };
      const places = [
        {
          where: archived,
          room: { visibility: 'public', archived: true },
          roles: { owner: 'owner', moderator: 'moderator', member: 'member' },
        },
        { where: direct, room: { visibility: 'direct', archived: false }, roles: { owner: 'member', member: 'member' } },
      ] as const;
      for (const { where, room, roles } of places) {
        for (const [person, role] of Object.entries(roles) as ['owner' | 'moderator' | 'member', RoomRole][]) {
          const decisions = bound.map((name) => ({
            name,
            decision: decide(name, { instanceRole: 'user', room: { role, ...room }, own: person === 'owner' }),
          }));
          const refused = decisions.flatMap(({ name, decision }) => (decision.kind === 'refused' ? [{ name, code: decision.code }] : []));
          expect(refused.length).toBeGreaterThan(5);
          for (const { name, code } of refused)
            expect([person, name, outcome(await call(name, where, people[person].accessToken))]).toEqual([person, name, code]);
        }
      }
    });

    /** Calls by a key of this person's, which is revoked then. It is made without a call: so many calls in an hour are refused. */
    async function callByKey(name: OperationName, where: Place, person: TestUser, scopes: readonly KeyScope[], rooms?: string[]) {
      // What a bot alone may do is done by a key of a bot.
      const bot = name === 'bots.setCommands' && !rooms ? `bot-${randomUUID().slice(0, 8)}` : undefined;
      const { sid } = JSON.parse(Buffer.from(person.accessToken.split('.')[1]!, 'base64url').toString()) as { sid: string };
      const actor = { userId: person.id, sessionId: sid, username: person.username, role: 'user', expiresAt: Infinity } as const;
      if (bot) await createBot(world().core, actor, { username: bot });
      const { id, key } = await createKey(world().core, actor, { name: 'test', scopes, rooms, bot });
      const answer = await call(name, where, key);
      await revokeKey(world().core, actor, id);
      return answer;
    }
    const everyScope = names.filter((name) => access(name).who !== 'anyone');

    test.each(everyScope)('%s takes a key that has its scope, and no other', async (name) => {
      const { scope, who } = access(name);
      const maker = who === 'maker';
      const person = maker ? people.target : people.owner;
      const others = keyScopes.filter((each) => each !== scope);
      expect([name, outcome(await callByKey(name, refusing.public, person, others))]).toEqual([name, 'FORBIDDEN']);
      if (scope === 'account') return;
      const room = bound.includes(name) ? await place('public') : nowhere();
      const where = maker ? await served() : room;
      const seen = outcome(await callByKey(name, where, person, [scope]));
      // What its person may not do, a key may not either.
      if (maker || who === 'admin' || mayCall(name, 'owner', 'public'))
        expect(['UNAUTHENTICATED', 'SESSION_REVOKED', 'FORBIDDEN', 'INTERNAL']).not.toContain(seen);
    });

    test('no operation of signing in and out, or of keys, is for keys', () => {
      const never = everyScope.filter((name) => name.startsWith('keys.') || (name.startsWith('auth.') && name !== 'auth.me'));
      for (const name of never) expect([name, access(name).scope]).toEqual([name, 'account']);
    });

    test.each(bound)('%s answers a key of another room as for a room that never was', async (name) => {
      const here = await people.owner.http.rooms.create.mutate({ name: 'Here' });
      const unknown = await callByKey(name, nowhere(), people.owner, keyScopes, [here.id]);
      expect(shown(await callByKey(name, refusing.public, people.owner, keyScopes, [here.id]))).toEqual(shown(unknown));
      expect(outcome(unknown)).toBe(takesMessage(name) ? 'MESSAGE_NOT_FOUND' : 'ROOM_NOT_FOUND');
    });

    test('a key of one room lists and finds nothing of another, hears nothing of it, and makes no rooms', async () => {
      const [here, there] = [await newPlace('public'), await newPlace('public')];
      const { key } = await people.owner.http.keys.create.mutate({ name: 'test', scopes: [...keyScopes], rooms: [here.roomId] });
      const client = world().as(key);
      const heard = new Collected<InboxEvent>();
      world()
        .socket(key)
        .trpc.inbox.events.subscribe({}, { onData: (event) => heard.push(event) });
      await heard.until((events) => events.some(({ type }) => type === 'snapshot'));
      for (const { roomId } of [there, here])
        await people.member.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '@owner, a secret' });
      await heard.until((events) => events.some((event) => event.type === 'mention' && event.roomId === here.roomId));
      const seen = JSON.stringify([
        await client.rooms.browse.query(),
        await client.rooms.list.query({ scope: 'joined' }),
        await client.messages.search.query({ query: 'secret' }),
        heard.items,
      ]);
      expect(seen).toContain(here.roomId);
      expect(seen).toContain(here.messageId);
      expect(seen).not.toContain(there.roomId);
      for (const name of ['rooms.create', 'rooms.direct', 'rooms.import', 'inbox.dismiss'] as const)
        expect([name, outcome(await call(name, here, key))]).toEqual([name, 'FORBIDDEN']);
    });

    test('a key of one room lists no invitation to another, and answers none', async () => {
      // Of somebody who is invited nowhere else: a list has the oldest only.
      const guest = await world().register('guest');
      const [here, there] = [await guest.http.rooms.create.mutate({ name: 'Here' }), await place('public')];
      await people.owner.http.rooms.addMember.mutate({ roomId: there.roomId, username: 'guest' });
      await guest.http.rooms.leave.mutate({ roomId: there.roomId });
      await people.owner.http.rooms.addMember.mutate({ roomId: there.roomId, username: 'guest' });
      const { key } = await guest.http.keys.create.mutate({ name: 'test', scopes: [...keyScopes], rooms: [here.id] });
      expect(JSON.stringify(await guest.http.rooms.invitations.query())).toContain(there.roomId);
      expect(await world().as(key).rooms.invitations.query()).toEqual([]);
      const heard = new Collected<InboxEvent>();
      world()
        .socket(key)
        .trpc.inbox.events.subscribe({}, { onData: (event) => heard.push(event) });
      await heard.until((events) => events.some(({ type }) => type === 'snapshot'));
      expect(JSON.stringify(heard.items)).not.toContain(there.roomId);
      expect(outcome(await call('rooms.acceptInvitation', there, key))).toBe('ROOM_NOT_FOUND');
    });

    test('nothing of a private room shows in anyone else’s lists, search or inbox', async () => {
      const [open, hidden] = [await newPlace('public'), await newPlace('private')];
      const { http, accessToken } = people.stranger;
      const seen = JSON.stringify([
        await http.rooms.browse.query(),
        await http.rooms.list.query({ scope: 'joined' }),
        await http.messages.search.query({ query: 'secret' }),
        await http.characters.list.query(),
        await http.users.search.query({ query: 'member' }),
        await call('inbox.events', hidden, accessToken),
      ]);
      expect(seen).toContain(open.roomId);
      for (const id of [hidden.roomId, hidden.messageId, hidden.replyId]) expect(seen).not.toContain(id);
    });
  });

  test(`an expired token says so, everywhere, by ${by}, on ${kind}`, async () => {
    await using world = await createTestApi({ ACCESS_TOKEN_TTL_MS: '1' }, kind);
    const user = await world.register('late');
    // A token's times are whole seconds.
    await expect
      .poll(async () => outcome(await rawCall(world.api.url, 'query', 'auth.me', { accessToken: user.accessToken })))
      .toBe('TOKEN_EXPIRED');
    for (const name of names.filter((each) => access(each).who !== 'anyone')) {
      const answer = await callOperation(world.api.url, by, name, nowhere(), user.accessToken);
      expect([name, outcome(answer)]).toEqual([name, 'TOKEN_EXPIRED']);
    }
  });
}
