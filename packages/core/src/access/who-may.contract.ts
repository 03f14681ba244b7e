import { randomUUID } from 'node:crypto';
import {
  AppError,
  decide,
  operations,
  type Aspect,
  type Decision,
  type InstanceRole,
  type OperationName,
  type ReplyControl,
  type RoomOperationName,
  type RoomRole,
  type RoomVisibility,
  noLimits,
} from '@parley/contracts';
import { Prisma } from '@parley/db';
import { beforeAll, describe, expect, it } from 'vitest';
import { inviteToServer } from '../accounts/create-invite.js';
import { revokeInvite } from '../accounts/revoke-invite.js';
import { setGroupRules } from '../accounts/group-rules.js';
import { disableAccount } from '../accounts/disable-account.js';
import { enableAccount } from '../accounts/enable-account.js';
import { addCharacter } from '../characters/add-character.js';
import { createCharacter } from '../characters/create-character.js';
import { exportCard } from '../characters/export-card.js';
import { deleteCharacter } from '../characters/delete-character.js';
import { removeCharacter } from '../characters/remove-character.js';
import { updateCharacter } from '../characters/update-character.js';
import { exportRoom } from '../export/export-room.js';
import { acceptInvitation } from '../members/accept-invitation.js';
import { createHook } from '../hooks/create-hook.js';
import { listHooks } from '../hooks/list-hooks.js';
import { createWebhook } from '../webhooks/create-webhook.js';
import { listWebhooks } from '../webhooks/list-webhooks.js';
import { addMember } from '../members/add-member.js';
import { declineInvitation } from '../members/decline-invitation.js';
import { joinRoom } from '../members/join-room.js';
import { listMembers } from '../members/list-members.js';
import type { CoreDeps } from '../deps.js';
import { leaveRoom } from '../members/leave-room.js';
import { attachMcpServers } from '../mcp/attach-mcp-servers.js';
import { keepMcpCheck, removeMcpServer, updateMcpServer } from '../mcp/change-mcp-server.js';
import { createMcpServer } from '../mcp/create-mcp-server.js';
import { listMcpServers } from '../mcp/list-mcp-servers.js';
import { markRead } from '../members/mark-read.js';
import { removeMember } from '../members/remove-member.js';
import { setMute } from '../members/set-mute.js';
import { setBlockedWords } from '../rooms/blocked-words.js';
import { banMember } from '../members/ban-member.js';
import { listBans } from '../members/list-bans.js';
import { silenceMember } from '../members/silence-member.js';
import { unbanMember } from '../members/unban-member.js';
import { hideMessage } from '../messages/hide-message.js';
import { listAllReports, listReports } from '../moderation/list-reports.js';
import { reportMessage } from '../moderation/report-message.js';
import { ensureMay } from './ensure-may.js';
import { setRole } from '../members/set-role.js';
import { withdrawInvitation } from '../members/withdraw-invitation.js';
import { deleteMessage } from '../messages/delete-message.js';
import { editMessage } from '../messages/edit-message.js';
import { listMessages } from '../messages/list-messages.js';
import { listPins } from '../messages/list-pins.js';
import { loadMessage } from '../messages/load-message.js';
import { hideFromAi } from '../messages/hide-from-ai.js';
import { pauseAi } from '../replies/pause-ai.js';
import { pinMessage } from '../messages/pin-message.js';
import { reactToMessage } from '../messages/react-to-message.js';
import { send } from '../messages/testing-messages.js';
import { postMessage } from '../messages/post-message.js';
import { findAgentAttempt } from '../replies/agent-attempt.js';
import { claimAgentTask } from '../replies/claim-agent-task.js';
import { chooseVersion } from '../replies/choose-version.js';
import { listReplyVersions } from '../replies/list-versions.js';
import { loadBudgetMeter, loadCharacterUsage, loadInstanceUsage, loadPersonUsage, loadRoomUsage } from '../jobs/load-usage.js';
import { limitCharacter, limitPerson, limitRoom } from '../jobs/set-budget.js';
import { allowCall } from '../replies/tools/allow-call.js';
import { listWaitingCalls } from '../replies/tools/waiting-calls.js';
import { loadReceipt } from '../replies/reply-receipt.js';
import { regenerateReply } from '../replies/regenerate-reply.js';
import { servedCharacter } from '../replies/served-character.js';
import { stopReply } from '../replies/stop-private-reply.js';
import { listRemovals } from '../accounts/removals.js';
import { exportHeld } from '../privacy/export-held.js';
import { exportPerson } from '../privacy/export-person.js';
import { liftHold, listHolds, placeHold } from '../privacy/holds.js';
import { loadStorage } from '../privacy/load-storage.js';
import { removePerson } from '../privacy/remove-person.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { listRoomCharacters } from '../rooms/list-room-characters.js';
import { listNotes } from '../notes/list-notes.js';
import { saveNote } from '../notes/save-note.js';
import { loadRetention } from '../rooms/retention.js';
import { updateRoom } from '../rooms/update-room.js';
import { LiveSettings } from '../settings/live-settings.js';
import { setSetting } from '../settings/set-setting.js';
import type { TestUser } from '../testing/test-world.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { AuthorizedRoom } from './authorized-room.js';
import { RoomAccess } from './room-access.js';

/**
 * Those who call. `author` is a plain member who wrote the message and asked for the reply; `former` has left, and so has `invited`, who may
 * come again; `admin` is in no room.
 */
const callers = ['stranger', 'former', 'invited', 'admin', 'member', 'author', 'moderator', 'owner'] as const;
type CallerName = (typeof callers)[number];

const roles: Record<CallerName, RoomRole | null> = {
  stranger: null,
  former: null,
  invited: null,
  admin: null,
  member: 'member',
  author: 'member',
  moderator: 'moderator',
  owner: 'owner',
};

const kinds: { kind: string; visibility: RoomVisibility; archived: boolean; replyControl?: ReplyControl }[] = [
  { kind: 'public', visibility: 'public', archived: false },
  { kind: 'private', visibility: 'private', archived: false },
  { kind: 'one-to-one', visibility: 'direct', archived: false },
  { kind: 'archived public', visibility: 'public', archived: true },
  { kind: 'archived private', visibility: 'private', archived: true },
  { kind: 'private, where anyone has a say over replies', visibility: 'private', archived: false, replyControl: 'anyone' },
];

/** What the calls name; all of it is in the room. */
interface Place {
  roomId: string;
  archived: boolean;
  visibility: RoomVisibility;
  messageId: string;
  replyId: string;
}

/** Codes that refuse a caller. Any other outcome is an answer to a caller who may. */
const denials = ['UNAUTHENTICATED', 'FORBIDDEN', 'ROOM_NOT_FOUND', 'MESSAGE_NOT_FOUND', 'ROOM_ARCHIVED'];

async function answerTo(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'allowed';
  } catch (error) {
    if (!AppError.is(error)) throw error;
    return denials.includes(error.code) ? error.code : 'allowed';
  }
}

/**
 * The outcome that a decision promises. `hidden` is the code for a room that the caller may not see; a call that names a message is told
 * that the message does not exist.
 */
function promised(decision: Decision, hidden: string): string {
  if (decision.kind === 'allowed') return 'allowed';
  return decision.reason === 'hidden' ? hidden : decision.code;
}

const noneSet = { dayTokens: null, monthTokens: null, dayCost: null, monthCost: null };

export function whoMaySuite(kind: 'pglite' | 'postgres'): void {
  describe(`what the table of operations decides is what the server answers (${kind})`, () => {
    const world = sharedWorld(kind);
    const people = {} as Record<CallerName, TestUser>;
    /** Members to whom the calls do something: a plain member, and one with a rank. */
    const targets = {} as Record<'plain' | 'ranked', TestUser>;
    let characterId: string;

    beforeAll(async () => {
      for (const name of callers) people[name] = name === 'admin' ? world().owner : await world().register(name);
      targets.plain = await world().register('plain');
      targets.ranked = await world().register('ranked');
      characterId = await makeCharacter(targets.plain);
    });

    async function makeCharacter(by: TestUser): Promise<string> {
      const input = { handle: `c-${randomUUID().slice(0, 8)}`, name: 'C', tagline: '', systemPrompt: '', model: null, temperature: null };
      return (await createCharacter(world().deps, by.actor, { ...input, greeting: '' })).character.id;
    }

    async function makePlace({ visibility, archived, replyControl = 'asker' }: Omit<(typeof kinds)[number], 'kind'>): Promise<Place> {
      const { deps } = world();
      const { id } = await createRoom(deps, people.owner.actor, { name: 'Place', topic: '', visibility: 'private' });
      const members: [TestUser, RoomRole][] = [
        [people.member, 'member'],
        [people.author, 'member'],
        [people.moderator, 'moderator'],
        [targets.plain, 'member'],
        [targets.ranked, 'moderator'],
      ];
      for (const [user, role] of members) {
        await deps.db.$executeRaw(Prisma.sql`
          insert into room_members (room_id, user_id, role, rev) values (${id}::uuid, ${user.user.id}::uuid, ${role}, 2)`);
      }
      await deps.db.$executeRaw(Prisma.sql`
        insert into room_members (room_id, user_id, role, rev, left_rev) values (${id}::uuid, ${people.former.user.id}::uuid, 'member', 2, 2)`);
      await deps.db.$executeRaw(Prisma.sql`
        insert into room_members (room_id, user_id, role, rev, left_rev, self_left_rev, invited_rev, invited_by, invited_at)
        values (${id}::uuid, ${people.invited.user.id}::uuid, 'member', 2, 2, 2, 2, ${people.owner.user.id}::uuid, now())`);
      const access = new RoomAccess(deps);
      await access.run(people.owner.actor, id, 'rooms.addCharacter', (room) =>
        addCharacter(deps, room, { characterId, autoReply: 'mention' }),
      );
      const { message, replies } = await send(world(), people.author, '@ada who may?', {}, id);
      const receipt = { prompt: null, cited: [], trigger: { kind: 'mention', messageId: message.id }, askedBy: people.author.user.id };
      await deps.db.$executeRaw(Prisma.sql`
        insert into reply_receipts (reply_id, attempt, room_id, receipt) values (${replies[0]!.id}::uuid, 1, ${id}::uuid, ${JSON.stringify(receipt)}::jsonb)`);
      await deps.db.$executeRaw(Prisma.sql`
        update rooms set visibility = ${visibility}, reply_control = ${replyControl}, archived_at = case when ${archived}::boolean then now() end,
          direct_key = case when ${visibility} = 'direct' then ${randomUUID()} end,
          member_count = ${members.length + 1}::int
        where id = ${id}::uuid`);
      return { roomId: id, archived, visibility, messageId: message.id, replyId: replies[0]!.id };
    }

    type Call = (by: TestUser, place: Place) => Promise<unknown>;
    type UseCase = (room: AuthorizedRoom, place: Place) => Promise<unknown>;

    /** A use case that is given the room. */
    const inRoom =
      (name: RoomOperationName, fn: UseCase): Call =>
      (by, place) =>
        new RoomAccess(world().deps).run(by.actor, place.roomId, name, (room) => fn(room, place));
    /** A use case that finds the room itself. */
    const access = () => new RoomAccess(world().deps);
    const deps = () => world().deps;
    const nothing: UseCase = async () => {};

    /** How each operation on a room is called. A call leaves the answers to the other callers as they are. */
    const calls: Record<RoomOperationName, Call> = {
      'rooms.get': inRoom('rooms.get', (room) => getRoom(deps(), room)),
      'rooms.members': inRoom('rooms.members', (room) => listMembers(deps(), room, { limit: 10 })),
      'rooms.characters': inRoom('rooms.characters', (room) => listRoomCharacters(deps(), room)),
      'rooms.events': inRoom('rooms.events', nothing),
      'rooms.export': (by, { roomId }) => exportRoom({ ...deps(), rooms: access() }, by.actor, { roomId: roomId }).next(),
      'commands.list': inRoom('commands.list', nothing),
      'presence.typing': inRoom('presence.typing', nothing),
      'rooms.markRead': inRoom('rooms.markRead', (room) => markRead(deps(), room, 1)),
      'rooms.setMute': inRoom('rooms.setMute', (room) => setMute(deps(), room, true)),
      'rooms.join': inRoom('rooms.join', (room) => joinRoom(deps(), room)),
      'rooms.leave': inRoom('rooms.leave', (room) => leaveRoom(deps(), room)),
      'rooms.addMember': inRoom('rooms.addMember', (room) => addMember(deps(), room, targets.plain.user.username)),
      // Nobody is invited by this name: another caller's answer is about the invitation that waits.
      'rooms.withdrawInvitation': inRoom('rooms.withdrawInvitation', (room) =>
        withdrawInvitation(deps(), room, targets.plain.user.username),
      ),
      'rooms.acceptInvitation': inRoom('rooms.acceptInvitation', (room) => acceptInvitation(deps(), room)),
      'rooms.declineInvitation': inRoom('rooms.declineInvitation', (room) => declineInvitation(deps(), room)),
      'rooms.removeMember': inRoom('rooms.removeMember', (room) => removeMember(deps(), room, targets.plain.user.username)),
      'rooms.words': inRoom('rooms.words', async (room) => ensureMay(room)),
      'rooms.setWords': inRoom('rooms.setWords', (room) => setBlockedWords(deps(), room, { words: ['walrus'], action: 'refuse' })),
      'rooms.silence': inRoom('rooms.silence', (room) =>
        silenceMember(deps(), room, { username: targets.plain.user.username, forMinutes: 0 }),
      ),
      'rooms.ban': inRoom('rooms.ban', (room) => banMember(deps(), room, targets.plain.user.username)),
      'rooms.unban': inRoom('rooms.unban', (room) => unbanMember(deps(), room, targets.plain.user.username)),
      'rooms.bans': inRoom('rooms.bans', (room) => listBans(deps(), room)),
      'rooms.setRole': inRoom('rooms.setRole', (room) =>
        setRole(deps(), room, { username: targets.plain.user.username, role: 'moderator' }),
      ),
      'rooms.addCharacter': inRoom('rooms.addCharacter', (room) => addCharacter(deps(), room, { characterId, autoReply: 'always' })),
      'rooms.removeCharacter': inRoom('rooms.removeCharacter', async (room) => {
        // An earlier caller may have removed the character already. To find it gone is no refusal.
        if (room.characters.some(({ character }) => character.id === characterId)) await removeCharacter(deps(), room, characterId);
      }),
      'rooms.update': inRoom('rooms.update', (room) => updateRoom(deps(), room, { topic: 'Who may' })),
      'rooms.retention': inRoom('rooms.retention', (room) => loadRetention({ ...deps(), retention: { days: null, leastDays: 1 } }, room)),
      'rooms.archive': inRoom('rooms.archive', (room, { archived }) => archiveRoom(deps(), room, archived)),
      'rooms.pauseAi': inRoom('rooms.pauseAi', (room) => pauseAi(deps(), room, false)),
      'webhooks.list': inRoom('webhooks.list', (room) => listWebhooks(deps(), room)),
      'webhooks.create': inRoom('webhooks.create', (room) =>
        createWebhook(deps(), room, { url: 'https://example.com/in', events: ['member.left'] }),
      ),
      'webhooks.update': inRoom('webhooks.update', nothing),
      'webhooks.remove': inRoom('webhooks.remove', nothing),
      'webhooks.rotate': inRoom('webhooks.rotate', nothing),
      'webhooks.deliveries': inRoom('webhooks.deliveries', nothing),
      'webhooks.resend': inRoom('webhooks.resend', nothing),
      'hooks.list': inRoom('hooks.list', (room) => listHooks(deps(), room)),
      'hooks.create': inRoom('hooks.create', (room) => createHook({ ...deps(), rooms: access() }, room, { name: 'Builds' })),
      'hooks.remove': inRoom('hooks.remove', nothing),
      'messages.list': inRoom('messages.list', (room) => listMessages(deps(), room, { limit: 10 })),
      'messages.get': (by, { messageId }) =>
        access().runOfMessage(by.actor, messageId, 'messages.get', ({ id }) => loadMessage(deps(), id)),
      'messages.pins': inRoom('messages.pins', (room) => listPins(deps(), room)),
      'messages.send': inRoom('messages.send', (room) => postMessage(deps(), room, { clientId: randomUUID(), content: 'I may' })),
      'messages.edit': (by, { messageId }) =>
        access().runOfMessage(by.actor, messageId, 'messages.edit', (message) => editMessage(deps(), message, { content: 'changed' })),
      'messages.delete': (by, { messageId }) =>
        access().runOfMessage(by.actor, messageId, 'messages.delete', (message) => deleteMessage(deps(), message)),
      'messages.react': (by, { messageId }) =>
        access().runOfMessage(by.actor, messageId, 'messages.react', (message) =>
          reactToMessage(deps(), message, { emoji: '👍', on: true }),
        ),
      'messages.pin': (by, { messageId }) =>
        access().runOfMessage(by.actor, messageId, 'messages.pin', (message) => pinMessage(deps(), message, { on: true })),
      'messages.hideFromAi': (by, { messageId }) =>
        access().runOfMessage(by.actor, messageId, 'messages.hideFromAi', (message) => hideFromAi(deps(), message, { on: true })),
      'messages.hide': (by, { messageId }) =>
        access().runOfMessage(by.actor, messageId, 'messages.hide', (message) => hideMessage(deps(), message, { on: false })),
      // It is not hidden, which is no refusal.
      'messages.hiddenText': (by, { messageId }) =>
        access().runOfMessage(by.actor, messageId, 'messages.hiddenText', async ({ room }) => ensureMay(room)),
      'reports.create': (by, { messageId }) =>
        access().runOfMessage(by.actor, messageId, 'reports.create', async (message) => {
          // One's own cannot be reported, which is about the message and not about the right.
          if (message.authorId !== by.user.id) await reportMessage(deps(), message, { reason: 'spam', note: '', toAdmins: false });
        }),
      'reports.list': inRoom('reports.list', (room) => listReports(deps(), room, { state: 'open' })),
      'notes.list': inRoom('notes.list', (room) => listNotes(deps(), room)),
      'notes.save': inRoom('notes.save', (room) => saveNote(deps(), room, { text: 'I may' })),
      'notes.remove': inRoom('notes.remove', nothing),
      'replies.stop': (by, { replyId }) => stopReply({ ...deps(), rooms: access() }, by.actor, { messageId: replyId }),
      'replies.regenerate': (by, { replyId }) =>
        access().runOfMessage(by.actor, replyId, 'replies.regenerate', (reply) => regenerateReply(deps(), reply)),
      'replies.choose': (by, { replyId }) =>
        access().runOfMessage(by.actor, replyId, 'replies.choose', (reply) => chooseVersion(deps(), reply, { attempt: 1 })),
      'replies.versions': (by, { replyId }) =>
        access().runOfMessage(by.actor, replyId, 'replies.versions', (reply) => listReplyVersions(deps(), reply)),
      'usage.room': inRoom('usage.room', (room) => loadRoomUsage(deps(), room, { days: 1, budgets: noLimits })),
      'usage.meter': inRoom('usage.meter', (room) => loadBudgetMeter(deps(), room, { budgets: noLimits })),
      'usage.limitRoom': inRoom('usage.limitRoom', (room) => limitRoom(deps(), room, noneSet)),
      'replies.allow': (by, { replyId }) =>
        allowCall({ ...deps(), rooms: access() }, by.actor, { messageId: replyId, callId: '0.0', answer: 'once' }),
      'replies.calls': (by, { replyId }) => listWaitingCalls({ ...deps(), rooms: access() }, by.actor, { messageId: replyId }),
      'replies.receipt': (by, { replyId }) => loadReceipt({ ...deps(), rooms: access() }, by.actor, { messageId: replyId }),
    };

    const plain = Object.entries(calls).map(([name, call]) => ({ name: name as RoomOperationName, aspect: null as Aspect | null, call }));
    const special: typeof plain = [
      {
        name: 'rooms.removeMember',
        aspect: 'ranked',
        call: inRoom('rooms.removeMember', (room) => removeMember(deps(), room, targets.ranked.user.username)),
      },
      {
        name: 'rooms.update',
        aspect: 'visibility',
        call: inRoom('rooms.update', (room) =>
          updateRoom(deps(), room, { visibility: room.visibility === 'public' ? 'private' : 'public' }),
        ),
      },
      {
        name: 'rooms.update',
        aspect: 'retention',
        call: inRoom('rooms.update', (room) => updateRoom(deps(), room, { retentionDays: 30 })),
      },
    ];

    /** These operations change the caller's role or the room itself, so each of their tests has a room of its own. */
    const moving: OperationName[] = ['rooms.join', 'rooms.leave', 'rooms.update', 'rooms.acceptInvitation', 'rooms.declineInvitation'];
    const places = new Map<string, Promise<Place>>();

    /** The room of this kind for all other operations, which leave each other's answers as they are. */
    function sharedPlace(room: (typeof kinds)[number]): Promise<Place> {
      const place = places.get(room.kind) ?? makePlace(room);
      places.set(room.kind, place);
      return place;
    }

    describe.each(kinds)('in $kind rooms, to each of eight callers', (room) => {
      it.each([...plain, ...special])('by $name ($aspect)', async ({ name, aspect, call }) => {
        const { visibility, archived, replyControl } = room;
        const place = await (moving.includes(name) ? makePlace(room) : sharedPlace(room));
        const hidden = /^(?:messages\.(?:get|edit|delete|react|pin|hideFromAi|hide|hiddenText)$|reports\.create$|replies\.)/.test(name)
          ? 'MESSAGE_NOT_FOUND'
          : 'ROOM_NOT_FOUND';
        for (const caller of callers) {
          const instanceRole: InstanceRole = caller === 'admin' ? 'admin' : 'user';
          const decision = decide(name, {
            instanceRole,
            // A one-to-one room never invites: nobody who could add people is in it.
            room: { role: roles[caller], visibility, archived, replyControl, invited: caller === 'invited' && visibility !== 'direct' },
            own: caller === 'author',
            aspect,
          });
          const answer = await answerTo(call(people[caller], place));
          expect({ caller, answer }).toEqual({ caller, answer: promised(decision, hidden) });
        }
      });
    });

    it('about characters, to those who made them, admins, and others', async () => {
      const byName = {
        'characters.update': (by: TestUser, id: string) => updateCharacter(deps(), by.actor, { characterId: id, tagline: 'Changed' }),
        'characters.exportCard': (by: TestUser, id: string) => exportCard(deps(), by.actor, { characterId: id, format: 'json' as const }),
        'usage.character': (by: TestUser, id: string) =>
          loadCharacterUsage(deps(), by.actor, { characterId: id, days: 1, budgets: noLimits }),
        'usage.limitCharacter': (by: TestUser, id: string) => limitCharacter(deps(), by.actor, { characterId: id, ...noneSet }),
        'characters.delete': (by: TestUser, id: string) => deleteCharacter(deps(), by.actor, id),
      };
      for (const [name, call] of Object.entries(byName)) {
        for (const caller of ['author', 'member', 'admin'] as const) {
          const instanceRole: InstanceRole = caller === 'admin' ? 'admin' : 'user';
          const answer = await answerTo(call(people[caller], await makeCharacter(people.author)));
          const decision = decide(name as OperationName, { instanceRole, own: caller === 'author' });
          expect({ name, caller, answer }).toEqual({ name, caller, answer: promised(decision, 'ROOM_NOT_FOUND') });
        }
      }
    });

    it('about characters that agents serve, to those who made them and nobody else', async () => {
      const handle = `a-${randomUUID().slice(0, 8)}`;
      const input = { handle, name: 'A', tagline: '', systemPrompt: '', model: 'agent', temperature: null, greeting: '' };
      const { character } = await createCharacter(deps(), people.author.actor, input);
      const { id: roomId } = await createRoom(deps(), people.author.actor, { name: 'Served', topic: '', visibility: 'private' });
      await access().run(people.author.actor, roomId, 'rooms.addCharacter', (room) =>
        addCharacter(deps(), room, { characterId: character.id, autoReply: 'mention' }),
      );
      await send(world(), people.author, `@${handle} hello?`, {}, roomId);
      const claimant = { id: 'a test', leaseMs: 60_000 };
      const task = (await claimAgentTask(deps(), people.author.actor, { characterId: character.id, claimant, privateFirst: false }))!;
      const fence = { id: task.taskId, attempt: 1 };
      const attempts = (['agents.write', 'agents.done', 'agents.fail'] as const).map(
        (name) => [name, (by: TestUser) => findAgentAttempt(deps(), by.actor, name, fence)] as const,
      );
      for (const [name, call] of [['agents.next', (by: TestUser) => servedCharacter(deps(), by.actor, handle)] as const, ...attempts]) {
        for (const caller of ['author', 'member', 'admin'] as const) {
          const decision = decide(name, { instanceRole: caller === 'admin' ? 'admin' : 'user', own: caller === 'author' });
          const answer = await answerTo(call(people[caller]));
          expect({ name, caller, answer }).toEqual({ name, caller, answer: promised(decision, 'ROOM_NOT_FOUND') });
        }
      }
    });

    it('about accounts, to admins and others', async () => {
      const byName = {
        'users.disable': disableAccount,
        'users.enable': enableAccount,
        'usage.limitPerson': (by: CoreDeps, actor: TestUser['actor'], { username }: { username: string }) =>
          limitPerson(by, actor, { username, ...noneSet }),
        'usage.person': (by: CoreDeps, actor: TestUser['actor'], { username }: { username: string }) =>
          loadPersonUsage(by, actor, { username, days: 1, budgets: noLimits }),
        'users.removePerson': (by: CoreDeps, actor: TestUser['actor'], { username }: { username: string }) =>
          removePerson({ ...by, rooms: world().access }, actor, { username, messages: 'keep' }),
        'users.exportPerson': (by: CoreDeps, actor: TestUser['actor'], who: { username: string }) => exportPerson(by, actor, who).next(),
        'users.removals': (by: CoreDeps, actor: TestUser['actor']) => listRemovals(by, actor),
        'storage.show': (by: CoreDeps, actor: TestUser['actor']) => loadStorage(by, actor),
        'holds.list': (by: CoreDeps, actor: TestUser['actor']) => listHolds(by, actor),
        'holds.place': (by: CoreDeps, actor: TestUser['actor'], { username }: { username: string }) =>
          placeHold(by, actor, { username, reason: 'Case' }),
        'holds.lift': (by: CoreDeps, actor: TestUser['actor']) => liftHold(by, actor, { holdId: randomUUID() }),
        'holds.export': (by: CoreDeps, actor: TestUser['actor']) => exportHeld(by, actor, randomUUID()).next(),
      };
      for (const [name, call] of Object.entries(byName)) {
        for (const caller of ['member', 'admin'] as const) {
          const decision = decide(name as OperationName, { instanceRole: caller === 'admin' ? 'admin' : 'user' });
          const answer = await answerTo(call(deps(), people[caller].actor, { username: 'nobody-at-all' }));
          expect({ name, caller, answer }).toEqual({ name, caller, answer: promised(decision, 'ROOM_NOT_FOUND') });
        }
      }
    });

    it('about what everyone used, to admins', async () => {
      const load = (by: TestUser) => answerTo(loadInstanceUsage(deps(), by.actor, { days: 1, budgets: noLimits }));
      expect([await load(people.member), await load(people.admin)]).toEqual(['FORBIDDEN', 'allowed']);
    });

    it('about reports of all rooms, to admins', async () => {
      const load = (by: TestUser) => answerTo(listAllReports(deps(), by.actor, { state: 'open' }));
      expect([await load(people.member), await load(people.admin)]).toEqual(['FORBIDDEN', 'allowed']);
    });

    const aboutMcpServers: Record<string, (by: TestUser['actor'], serverId: string) => Promise<unknown>> = {
      'mcpServers.list': (by) => listMcpServers(deps(), by),
      'mcpServers.create': (by) => createMcpServer(deps(), by, { name: 'Another', command: 'notes', trusted: false }),
      'mcpServers.update': (by, serverId) => updateMcpServer(deps(), by, { serverId, trusted: true }),
      'mcpServers.check': (by, serverId) => keepMcpCheck(deps(), by, { serverId, problem: null, tools: [] }),
      'mcpServers.attach': (by) => attachMcpServers(deps(), by, { characterId, servers: [] }),
      'mcpServers.remove': (by, serverId) => removeMcpServer(deps(), by, serverId),
    };

    it('about MCP servers, to admins', async () => {
      const { id } = await createMcpServer(deps(), people.admin.actor, { name: 'Notes', command: 'notes', trusted: false });
      for (const [name, call] of Object.entries(aboutMcpServers)) {
        const answers = [await answerTo(call(people.member.actor, id)), await answerTo(call(people.admin.actor, id))];
        expect({ name, answers }).toEqual({ name, answers: ['FORBIDDEN', 'allowed'] });
      }
    });

    it('about settings of the server, to admins', async () => {
      const settings = new LiveSettings(deps(), { fixed: {} });
      const set = (by: TestUser['actor']) => setSetting({ ...deps(), settings }, by, { name: 'announcement', value: null });
      expect([await answerTo(set(people.member.actor)), await answerTo(set(people.admin.actor))]).toEqual(['FORBIDDEN', 'allowed']);
    });

    it('about invitations to the server, to admins', async () => {
      const invite = (by: TestUser['actor']) => inviteToServer({ ...deps(), rooms: access() }, by, { uses: 1 });
      const { id } = await invite(people.admin.actor);
      const revoke = (by: TestUser['actor']) => revokeInvite(deps(), by, id);
      for (const call of [invite, revoke]) {
        expect([await answerTo(call(people.member.actor)), await answerTo(call(people.admin.actor))]).toEqual(['FORBIDDEN', 'allowed']);
      }
    });

    it('about what groups of a provider give, to admins', async () => {
      const set = (by: TestUser['actor']) => setGroupRules(deps(), by, { provider: 'nobody', rules: [], adminGroups: {} });
      expect([await answerTo(set(people.member.actor)), await answerTo(set(people.admin.actor))]).toEqual(['FORBIDDEN', 'allowed']);
    });

    it('and no row is left out', () => {
      const asked = [
        ...Object.keys(calls),
        ...Object.keys(aboutMcpServers),
        'agents.next',
        'agents.write',
        'agents.done',
        'agents.fail',
        'characters.update',
        'characters.delete',
        'characters.exportCard',
        'users.disable',
        'users.enable',
        'invites.create',
        'invites.revoke',
        'invites.list',
        // credentials.contract.ts
        'users.resetLink',
        'users.removeSecondStep',
        // Those with a statement of their own: core/admin/admin.contract.ts.
        'audit.list',
        'admin.people',
        'admin.setAdmin',
        'admin.endSessions',
        'admin.rooms',
        'admin.archiveRoom',
        'admin.takeOver',
        'doors.get',
        'doors.setRules',
        'settings.get',
        'settings.set',
        'reports.listAll',
        'usage.instance',
        'usage.limitCharacter',
        'usage.limitPerson',
        'usage.character',
        'usage.person',
        'users.removePerson',
        'users.exportPerson',
        'users.removals',
        'storage.show',
        'holds.list',
        'holds.place',
        'holds.lift',
        'holds.export',
      ];
      const rest = Object.entries(operations).filter(([name]) => !asked.includes(name));
      expect(rest.filter(([, { who }]) => who !== 'anyone' && who !== 'user')).toEqual([]);
    });
  });
}
