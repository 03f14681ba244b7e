import { randomUUID } from 'node:crypto';
import { channels, type ReportOutcome, type RoomView } from '@parley/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { addMember } from '../members/add-member.js';
import { banMember } from '../members/ban-member.js';
import { joinRoom } from '../members/join-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { listBans } from '../members/list-bans.js';
import { setRole } from '../members/set-role.js';
import { silenceMember } from '../members/silence-member.js';
import { unbanMember } from '../members/unban-member.js';
import { editMessage } from '../messages/edit-message.js';
import { deleteMessage } from '../messages/delete-message.js';
import { hiddenText } from '../messages/hidden-text.js';
import { hideMessage } from '../messages/hide-message.js';
import { listMessages } from '../messages/list-messages.js';
import { searchMessages } from '../messages/search-messages.js';
import { edit, hide as hideFromAi, pin, react, remove } from '../messages/testing-changes.js';
import type { Judge, SaidText, Verdict } from '../messages/screen-text.js';
import { head, send, sendIn } from '../messages/testing-messages.js';
import { setBlockedWords } from '../rooms/blocked-words.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { openDirectRoom } from '../rooms/open-direct-room.js';
import { as } from '../rooms/testing-rooms.js';
import { loadChanges } from '../sync/load-changes.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { listAllReports, listReports } from './list-reports.js';
import { reportMessage } from './report-message.js';
import { resolveReport } from './resolve-report.js';

export function moderationSuite(kind: 'pglite' | 'postgres'): void {
  describe(`moderation (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let owner: TestUser;
    let mod: TestUser;
    let ann: TestUser;
    let bob: TestUser;
    let admin: TestUser;
    let room: RoomView;

    beforeEach(async () => {
      n++;
      admin = world().owner;
      [owner, mod, ann, bob] = [
        await world().register(`owner-${n}`),
        await world().register(`mod-${n}`),
        await world().register(`ann-${n}`),
        await world().register(`bob-${n}`),
      ];
      room = await makeRoom('private');
    });

    async function makeRoom(visibility: 'public' | 'private'): Promise<RoomView> {
      const made = await createRoom(world().deps, owner.actor, { name: `Room ${n}`, topic: '', visibility });
      for (const { user } of [mod, ann, bob]) {
        await as(world(), owner, made.id, 'rooms.addMember', (target) => addMember(world().deps, target, user.username));
      }
      await as(world(), owner, made.id, 'rooms.setRole', (target) =>
        setRole(world().deps, target, { username: mod.user.username, role: 'moderator' }),
      );
      world().bus.clear();
      return made;
    }

    const say = async (by: TestUser, content: string, roomId = room.id) => (await send(world(), by, content, {}, roomId)).message;
    const hide = (by: TestUser, messageId: string, on = true) =>
      world().access.runOfMessage(by.actor, messageId, 'messages.hide', (message) => hideMessage(world().deps, message, { on }));
    const report = (by: TestUser, messageId: string, more: { note?: string; toAdmins?: boolean } = {}) =>
      world().access.runOfMessage(by.actor, messageId, 'reports.create', (message) =>
        reportMessage(world().deps, message, { reason: 'spam', note: '', toAdmins: false, ...more }),
      );
    const reports = (by: TestUser, state: 'open' | 'resolved' = 'open') =>
      as(world(), by, room.id, 'reports.list', (target) => listReports(world().deps, target, { state }));
    const resolve = (by: TestUser, reportId: string, outcome: ReportOutcome) =>
      resolveReport({ ...world().deps, rooms: world().access }, by.actor, { reportId, outcome, forMinutes: 60 });
    const silence = (by: TestUser, whom: TestUser, forMinutes = 60) =>
      as(world(), by, room.id, 'rooms.silence', (target) =>
        silenceMember(world().deps, target, { username: whom.user.username, forMinutes }),
      );
    const ban = (by: TestUser, whom: TestUser, roomId = room.id) =>
      as(world(), by, roomId, 'rooms.ban', (target) => banMember(world().deps, target, whom.user.username));
    const unban = (by: TestUser, whom: TestUser, roomId = room.id) =>
      as(world(), by, roomId, 'rooms.unban', (target) => unbanMember(world().deps, target, whom.user.username));
    const join = (by: TestUser, roomId: string) => as(world(), by, roomId, 'rooms.join', (target) => joinRoom(world().deps, target));
    const mine = async (by: TestUser) => (await as(world(), by, room.id, 'rooms.get', (target) => getRoom(world().deps, target))).mine;

    describe('a hidden message', () => {
      it('has no text for anybody, keeps its place, and comes back whole', async () => {
        const message = await say(bob, `@${ann.user.username} the walrus is loud`);
        await pin(world(), owner, message.id);
        await react(world(), ann, message.id, '👍');
        const before = await head(world(), room.id);
        const hidden = await hide(mod, message.id);
        expect(hidden).toMatchObject({ content: '', mentions: [], pinnedAt: null, hidden: true, hiddenFromAi: true, rev: before.rev + 1 });
        expect(hidden).toMatchObject({ seq: message.seq, author: message.author, reactions: [{ emoji: '👍', count: 1 }] });
        const told = { type: 'message', rev: hidden.rev, message: hidden };
        expect((await loadChanges(world().deps, room.id, before.rev, 10)).events).toEqual([told]);
        expect(world().bus.on(channels.roomEvents(room.id)).at(-1)!.events).toEqual([told]);
        const found = () => searchMessages(world().deps, ann.actor, { query: 'walrus', roomId: room.id, limit: 10 });
        expect((await found()).items).toEqual([]);
        const page = await as(world(), owner, room.id, 'messages.list', (target) => listMessages(world().deps, target, { limit: 50 }));
        expect(JSON.stringify(page)).not.toContain('walrus');
        expect(await world().deps.db.message.findUniqueOrThrow({ where: { id: message.id }, select: { content: true } })).toEqual({
          content: '',
        });
        expect((await mine(ann)).mentions).toBe(0);

        // Hiding again changes nothing.
        expect(await hide(owner, message.id)).toEqual(hidden);
        const text = await world().access.runOfMessage(mod.actor, message.id, 'messages.hiddenText', (it) => hiddenText(world().deps, it));
        expect(text).toMatchObject({ content: message.content, by: { id: mod.user.id } });

        const shown = await hide(owner, message.id, false);
        expect(shown).toEqual({ ...message, rev: hidden.rev + 1, reactions: hidden.reactions });
        expect((await found()).items).toEqual([shown]);
        expect(await world().deps.db.hiddenText.count({ where: { messageId: message.id } })).toBe(0);
      });

      it('stays as it is: nobody edits, pins or reacts to it, and it may still be deleted, with its text', async () => {
        const message = await say(bob, 'what was I thinking');
        await hide(mod, message.id);
        for (const refused of [
          () => edit(world(), bob, message.id, 'nothing'),
          () => react(world(), ann, message.id, '👍'),
          () => pin(world(), owner, message.id),
          () => hideFromAi(world(), bob, message.id, false),
          () => report(ann, message.id),
        ]) {
          await expect(refused()).rejects.toMatchObject({ code: 'MESSAGE_HIDDEN' });
        }
        await world().deps.db.legalHold.create({
          data: { id: randomUUID(), kind: 'room', subjectId: room.id, placedBy: admin.user.id, reason: 'a case' },
        });
        const deleted = await remove(world(), bob, message.id);
        expect(deleted).toMatchObject({ content: '', deletedAt: expect.any(String) });
        expect(deleted).not.toHaveProperty('hidden');
        // What a legal hold keeps is kept of a hidden text too.
        expect(await world().deps.db.heldCopy.findMany({ where: { roomId: room.id } })).toMatchObject([
          { row: { content: 'what was I thinking' } },
        ]);
        expect(await world().deps.db.hiddenText.count({ where: { messageId: message.id } })).toBe(0);
        await expect(hide(mod, message.id)).rejects.toMatchObject({ code: 'MESSAGE_DELETED' });
      });

      it('keeps what its author had kept from characters, and is hidden by moderators only', async () => {
        const message = await say(bob, 'not for models');
        await hideFromAi(world(), bob, message.id);
        await hide(mod, message.id);
        expect(await hide(mod, message.id, false)).toMatchObject({ hiddenFromAi: true, content: 'not for models' });
        await expect(hide(ann, message.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await hide(mod, message.id);
        await expect(
          world().access.runOfMessage(bob.actor, message.id, 'messages.hiddenText', (it) => hiddenText(world().deps, it)),
        ).rejects.toMatchObject({ code: 'FORBIDDEN' });
      });
    });

    describe('a silenced member', () => {
      it('reads, deletes and reports, and says nothing until it is over', async () => {
        const theirs = await say(bob, 'mine');
        const other = await say(ann, 'hers');
        const before = await head(world(), room.id);
        world().bus.clear();
        const member = await silence(mod, bob);
        expect(member).toMatchObject({ silencedUntil: expect.any(String), rev: before.rev + 1 });
        expect(await loadChanges(world().deps, room.id, before.rev, 10)).toMatchObject({
          events: [{ type: 'member', rev: member.rev, member, left: false }],
        });
        expect((await mine(bob)).silencedUntil).toBe(member.silencedUntil);
        expect(await mine(ann)).not.toHaveProperty('silencedUntil');
        for (const refused of [
          () => say(bob, 'hello?'),
          () => edit(world(), bob, theirs.id, 'edited'),
          () => react(world(), bob, other.id, '👍'),
        ]) {
          await expect(refused()).rejects.toMatchObject({ code: 'SILENCED' });
        }
        await report(bob, other.id);
        expect(await remove(world(), bob, theirs.id)).toMatchObject({ deletedAt: expect.any(String) });

        // It is over by itself, by the database's clock: what was remembered of the room does not outlast it.
        await world().deps.db.roomMember.update({
          where: { roomId_userId: { roomId: room.id, userId: bob.user.id } },
          data: { silencedUntil: new Date(Date.now() - 60_000) },
        });
        expect(await say(bob, 'back')).toMatchObject({ content: 'back' });
      });

      it('is silenced for who leaves and comes back, and let go at once', async () => {
        const open = await makeRoom('public');
        await as(world(), owner, open.id, 'rooms.silence', (target) =>
          silenceMember(world().deps, target, { username: bob.user.username, forMinutes: 5 }),
        );
        await as(world(), bob, open.id, 'rooms.leave', (target) => leaveRoom(world().deps, target));
        await join(bob, open.id);
        await expect(say(bob, 'here again', open.id)).rejects.toMatchObject({ code: 'SILENCED' });
        const freed = await as(world(), owner, open.id, 'rooms.silence', (target) =>
          silenceMember(world().deps, target, { username: bob.user.username, forMinutes: 0 }),
        );
        expect(freed).not.toHaveProperty('silencedUntil');
        await say(bob, 'free', open.id);
      });

      it('is a plain member for moderators; owners silence anyone but themselves', async () => {
        await expect(silence(mod, owner)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await expect(silence(mod, mod)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await expect(silence(ann, bob)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await expect(silence(owner, admin)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
        expect(await silence(owner, mod)).toMatchObject({ silencedUntil: expect.any(String) });
        await expect(say(mod, 'but I am a moderator')).rejects.toMatchObject({ code: 'SILENCED' });
        await expect(silence(mod, mod, 0)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        // Nothing to end: nothing is written.
        const before = await head(world(), room.id);
        await silence(owner, ann, 0);
        expect(await head(world(), room.id)).toEqual(before);
      });
    });

    describe('a banned person', () => {
      it('is removed, and comes back by no way until it is lifted', async () => {
        const open = await makeRoom('public');
        const without = await ban(mod, bob, open.id);
        expect(without.memberCount).toBe(3);
        await expect(say(bob, 'still here?', open.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await expect(join(bob, open.id)).rejects.toMatchObject({ code: 'BANNED' });
        await expect(
          as(world(), owner, open.id, 'rooms.addMember', (target) => addMember(world().deps, target, bob.user.username)),
        ).rejects.toMatchObject({ code: 'BANNED', details: { field: 'username' } });
        const bans = () => as(world(), mod, open.id, 'rooms.bans', (target) => listBans(world().deps, target));
        expect(await bans()).toMatchObject([{ user: { id: bob.user.id }, bannedBy: { id: mod.user.id } }]);
        const rev = await head(world(), open.id);
        await ban(owner, bob, open.id);
        expect(await head(world(), open.id)).toEqual(rev);

        await unban(owner, bob, open.id);
        await unban(owner, bob, open.id);
        expect(await bans()).toEqual([]);
        await join(bob, open.id);
        await say(bob, 'thank you', open.id);
      });

      it('may have left before, and loses the invitation that waits for them', async () => {
        await as(world(), bob, room.id, 'rooms.leave', (target) => leaveRoom(world().deps, target));
        await as(world(), owner, room.id, 'rooms.addMember', (target) => addMember(world().deps, target, bob.user.username));
        expect(await world().access.run(bob.actor, room.id, 'rooms.acceptInvitation', (it) => Promise.resolve(it.invited))).toBe(true);
        await ban(mod, bob);
        await expect(world().access.run(bob.actor, room.id, 'rooms.acceptInvitation', () => Promise.resolve())).rejects.toMatchObject({
          code: 'ROOM_NOT_FOUND',
        });
        await unban(mod, bob);
        // They left by themselves, so they are invited again and not added.
        const again = await as(world(), owner, room.id, 'rooms.addMember', (target) => addMember(world().deps, target, bob.user.username));
        expect(again).toHaveProperty('invitedAt');
      });

      it('is no owner for a moderator, and never oneself', async () => {
        await expect(ban(mod, owner)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await expect(ban(owner, owner)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await expect(ban(ann, bob)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await expect(ban(owner, admin)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      });

      it('has said all of it or nothing, where the ban meets a message', async () => {
        const open = await makeRoom('public');
        const sent = [...Array(5).keys()].map((each) => say(bob, `quick ${each}`, open.id).catch((error: { code?: string }) => error));
        await ban(mod, bob, open.id);
        for (const outcome of await Promise.all(sent)) {
          expect('content' in outcome || outcome.code === 'FORBIDDEN').toBe(true);
        }
        const { rev, seq } = await head(world(), open.id);
        const { events } = await loadChanges(world().deps, open.id, 0, 100);
        const seqs = events.flatMap((event) => (event.type === 'message' ? [event.message.seq] : []));
        expect(new Set(seqs).size).toBe(seq);
        expect(Math.max(...events.map((event) => event.rev))).toBe(rev);
      });
    });

    describe('a blocked word', () => {
      const block = (words: string[], action: 'refuse' | 'mask') =>
        as(world(), mod, room.id, 'rooms.setWords', (target) => setBlockedWords(world().deps, target, { words, action }));

      it('is refused in messages and edits, in whatever letters, and a repeat of what was said before is none', async () => {
        const clientId = randomUUID();
        const first = await send(world(), bob, 'a walrus', { clientId }, room.id);
        const fine = await say(bob, 'a seal');
        await block(['walrus'], 'refuse');
        expect(await send(world(), bob, 'a walrus', { clientId }, room.id)).toEqual(first);
        const before = await head(world(), room.id);
        await expect(say(bob, 'a wаl\u200brus')).rejects.toMatchObject({ code: 'MESSAGE_REFUSED', details: { field: 'content' } });
        await expect(edit(world(), bob, fine.id, 'a WALRUS')).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' });
        expect(await head(world(), room.id)).toEqual(before);
      });

      it('is masked where the room says so, and the same send again is the same message, also once the list is another', async () => {
        await block(['walrus'], 'mask');
        const clientId = randomUUID();
        const { message } = await send(world(), bob, 'a walrus!', { clientId }, room.id);
        expect(message.content).toBe('a ••••••!');
        expect((await send(world(), bob, 'a walrus!', { clientId }, room.id)).message).toEqual(message);
        await block([], 'refuse');
        expect((await send(world(), bob, 'a walrus!', { clientId }, room.id)).message).toEqual(message);
      });
    });

    describe('a text that is judged before it is said', () => {
      const judged: SaidText[] = [];
      const judge = (verdict: Verdict): Judge => {
        judged.length = 0;
        return (said) => {
          judged.push(said);
          return Promise.resolve(verdict);
        };
      };
      const hides = () => judge({ kind: 'hide' });
      const editBy = (verdict: Judge, messageId: string, content: string) =>
        world().access.runOfMessage(bob.actor, messageId, 'messages.edit', (message) =>
          editMessage(world().deps, message, { content, judge: verdict }),
        );
      const textOf = (messageId: string) =>
        world().access.runOfMessage(mod.actor, messageId, 'messages.hiddenText', (it) => hiddenText(world().deps, it));
      const noted = (messageId: string) =>
        world().deps.db.auditLog.findMany({ where: { subjectId: messageId }, select: { event: true, actorKind: true, actorId: true } });

      it('is said where it is allowed, refused with the sentence of whoever judged it, and nothing is written then', async () => {
        const { message } = await send(world(), bob, 'a seal', { judge: judge({ kind: 'allow' }) }, room.id);
        expect(message.content).toBe('a seal');
        expect(judged).toMatchObject([{ content: 'a seal', of: { clientId: message.clientId }, room: { roomId: room.id } }]);
        const before = await head(world(), room.id);
        const refuses = judge({ kind: 'refuse', message: 'No seals on Mondays.' });
        const refusal = { code: 'MESSAGE_REFUSED', message: 'No seals on Mondays.', details: { field: 'content' } };
        await expect(send(world(), bob, 'a seal again', { judge: refuses }, room.id)).rejects.toMatchObject(refusal);
        await expect(editBy(refuses, message.id, 'two seals')).rejects.toMatchObject(refusal);
        await expect(editBy(judge({ kind: 'refuse', message: null }), message.id, 'two seals')).rejects.toMatchObject({
          message: 'This text is not allowed here. Say it in other words.',
        });
        expect(await head(world(), room.id)).toEqual(before);
      });

      it('is hidden from the first moment: in its event, for members and the search; it calls nobody, and moderators may show it', async () => {
        world().bus.clear();
        const { message, replies } = await send(world(), bob, `@${ann.user.username} the walrus is loud`, { judge: hides() }, room.id);
        expect(message).toMatchObject({ content: '', mentions: [], hidden: true, hiddenFromAi: true, author: { id: bob.user.id } });
        expect(replies).toEqual([]);
        expect(
          world()
            .bus.on(channels.roomEvents(room.id))
            .flatMap(({ events }) => events),
        ).toEqual([{ type: 'message', rev: message.rev, message }]);
        expect(JSON.stringify(world().bus.published)).not.toContain('walrus');
        const found = () => searchMessages(world().deps, ann.actor, { query: 'walrus', roomId: room.id, limit: 10 });
        expect((await found()).items).toEqual([]);
        expect((await mine(ann)).mentions).toBe(0);
        expect(await noted(message.id)).toEqual([{ event: 'message.hidden', actorKind: 'system', actorId: null }]);
        expect(await textOf(message.id)).toMatchObject({ content: `@${ann.user.username} the walrus is loud`, by: null });
        const shown = await hide(mod, message.id, false);
        expect(shown.content).toBe(`@${ann.user.username} the walrus is loud`);
        expect(shown).not.toHaveProperty('hiddenFromAi');
        expect((await found()).items).toMatchObject([{ id: message.id }]);
      });

      it('of a character’s caller calls it not, and a command is refused instead, because its answer would show it', async () => {
        const [jobs, before] = [await world().deps.db.job.count(), await head(world(), room.id)];
        for (const content of ['/ask who am I?', '/summary private']) {
          await expect(send(world(), bob, content, { judge: hides() }, room.id)).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' });
        }
        expect(await head(world(), room.id)).toEqual(before);
        await send(world(), bob, '@ada who am I?', { judge: hides() }, room.id);
        expect(await world().deps.db.job.count()).toBe(jobs);
      });

      it('is judged once for the same send, whatever it would be now', async () => {
        const clientId = randomUUID();
        for (const verdict of [{ kind: 'allow' }, { kind: 'hide' }] as const) {
          const [content, id] = [`once ${verdict.kind}`, verdict.kind === 'hide' ? clientId : randomUUID()];
          const first = await send(world(), bob, content, { clientId: id, judge: judge(verdict) }, room.id);
          expect(judged).toHaveLength(1);
          const before = await head(world(), room.id);
          const refuses = judge({ kind: 'refuse', message: null });
          expect(await send(world(), bob, content, { clientId: id, judge: refuses }, room.id)).toEqual(first);
          expect(judged).toEqual([]);
          expect(await head(world(), room.id)).toEqual(before);
        }
      });

      it('is hidden by an edit with the new text, and an edit to the same text asks nobody', async () => {
        const { message } = await send(world(), bob, `@${ann.user.username} a seal`, {}, room.id);
        await pin(world(), owner, message.id);
        const allows = judge({ kind: 'allow' });
        await editBy(allows, message.id, message.content);
        expect(judged).toEqual([]);
        const before = await head(world(), room.id);
        const hidden = await editBy(hides(), message.id, `@${ann.user.username} a walrus`);
        expect(judged).toMatchObject([{ content: `@${ann.user.username} a walrus`, of: { messageId: message.id } }]);
        expect(hidden).toMatchObject({ content: '', mentions: [], pinnedAt: null, hidden: true, editedAt: expect.any(String) });
        expect((await loadChanges(world().deps, room.id, before.rev, 10)).events).toEqual([
          { type: 'message', rev: before.rev + 1, message: hidden },
        ]);
        expect((await mine(ann)).mentions).toBe(0);
        expect(await textOf(message.id)).toMatchObject({ content: `@${ann.user.username} a walrus`, by: null });
        expect(await noted(message.id)).toMatchObject([{ event: 'message.hidden', actorKind: 'system' }, { event: 'message.lookedAt' }]);
        await expect(editBy(allows, message.id, 'a seal')).rejects.toMatchObject({ code: 'MESSAGE_HIDDEN' });
        expect(judged).toHaveLength(1);
      });

      it('is judged for nobody who may say nothing', async () => {
        await silence(mod, bob);
        const allows = judge({ kind: 'allow' });
        await expect(send(world(), bob, 'hello?', { judge: allows }, room.id)).rejects.toMatchObject({ code: 'SILENCED' });
        expect(judged).toEqual([]);
      });

      it('costs nothing where nobody judges: a message is one statement, as it was', async () => {
        const statements: string[] = [];
        const db = new Proxy(world().deps.db, {
          get(target, name) {
            statements.push(String(name));
            const value: unknown = Reflect.get(target, name);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        });
        const counted = async (verdict?: Judge) => {
          await world().access.run(bob.actor, room.id, 'messages.send', async (target) => {
            statements.length = 0;
            await sendIn({ ...world().deps, db }, target, { content: 'hello', ...(verdict && { judge: verdict }) });
          });
          return statements.length;
        };
        await say(bob, 'so that the membership is known');
        expect(await counted()).toBe(1);
        // With one, it is looked for what an earlier call sent, which needs no verdict.
        expect(await counted(judge({ kind: 'allow' }))).toBeGreaterThan(1);
      });
    });

    describe('a report', () => {
      it('is made once per member, has the text as it was, and tells moderators a number', async () => {
        const message = await say(bob, 'buy my boat');
        world().bus.clear();
        const made = await report(ann, message.id, { note: 'third time today' });
        expect(await report(ann, message.id, { note: 'again' })).toEqual(made);
        for (const who of [owner, mod]) {
          const inbox = world().bus.on(channels.user(who.user.id));
          expect(inbox).toMatchObject([{ type: 'inbox', event: { type: 'room', mine: { reports: 1 } } }]);
        }
        expect(world().bus.on(channels.user(bob.user.id))).toEqual([]);
        expect(JSON.stringify(world().bus.published)).not.toContain('boat');
        await edit(world(), bob, message.id, 'buy my car');
        const { items, next } = await reports(mod);
        expect(next).toBeNull();
        expect(items).toMatchObject([
          { id: made.id, reported: 'buy my boat', note: 'third time today', open: 1, resolved: null, reporter: { id: ann.user.id } },
        ]);
        expect(items[0]!.message).toMatchObject({ content: 'buy my car', editedAt: expect.any(String) });
        await expect(reports(ann)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await expect(report(bob, message.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        expect(await mine(ann)).not.toHaveProperty('reports');
      });

      it('outlasts the deletion of its message while it is open, and no longer', async () => {
        const message = await say(bob, 'a threat');
        const [made, gone] = await Promise.all(
          [report(ann, message.id), remove(world(), bob, message.id)].map((each) => each.catch((e: Error) => e)),
        );
        expect(gone).not.toBeInstanceOf(Error);
        if (made instanceof Error) expect(made).toMatchObject({ code: 'MESSAGE_DELETED' });
        const later = await say(bob, 'another threat');
        const { id } = await report(ann, later.id);
        await world().access.runOfMessage(bob.actor, later.id, 'messages.delete', (it) => deleteMessage(world().deps, it));
        expect((await reports(mod)).items.find((each) => each.id === id)).toMatchObject({
          reported: 'another threat',
          message: { content: '', deletedAt: expect.any(String) },
        });
        expect(await resolve(mod, id, 'silenced')).toMatchObject({
          reported: null,
          resolved: { outcome: 'silenced', by: { id: mod.user.id } },
        });
        expect((await mine(bob)).silencedUntil).toEqual(expect.any(String));
      });

      it.each([
        ['hidden', { hidden: true }],
        ['deleted', { content: '' }],
        ['banned', { content: 'rude' }],
        ['removed', { content: 'rude' }],
        ['nothing', { content: 'rude' }],
      ] as const)('is resolved as %s, with all others of the message, and the same call again changes nothing', async (outcome, left) => {
        const message = await say(bob, 'rude');
        const [first] = [await report(ann, message.id), await report(mod, message.id)];
        const resolved = await resolve(mod, first.id, outcome);
        expect(resolved).toMatchObject({ open: 0, resolved: { outcome } });
        expect(resolved.message).toMatchObject(outcome === 'hidden' ? { hidden: true, content: 'rude' } : left);
        const before = await head(world(), room.id);
        expect(await resolve(mod, first.id, outcome)).toEqual(resolved);
        expect(await head(world(), room.id)).toEqual(before);
        await expect(resolve(owner, first.id, 'nothing')).rejects.toMatchObject({ code: 'REPORT_RESOLVED' });
        expect((await reports(owner)).items).toEqual([]);
        expect((await reports(owner, 'resolved')).items).toHaveLength(2);
        expect(await mine(owner)).not.toHaveProperty('reports');
        const member = await world().deps.db.roomMember.findUniqueOrThrow({
          where: { roomId_userId: { roomId: room.id, userId: bob.user.id } },
        });
        expect(member.leftRev !== null).toBe(outcome === 'banned' || outcome === 'removed');
        expect(member.bannedRev === member.leftRev && member.leftRev !== null).toBe(outcome === 'banned');
      });

      it('is resolved by the first of two at once, and only what that one says is done', async () => {
        const message = await say(bob, 'contested');
        const { id } = await report(ann, message.id);
        const outcomes = await Promise.allSettled([resolve(mod, id, 'banned'), resolve(owner, id, 'hidden')]);
        const done = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value.resolved!.outcome] : []));
        expect(done).toHaveLength(1);
        expect(outcomes.find((each) => each.status === 'rejected')).toMatchObject({ reason: { code: 'REPORT_RESOLVED' } });
        const { hiddenAt } = await world().deps.db.message.findUniqueOrThrow({ where: { id: message.id }, select: { hiddenAt: true } });
        expect(hiddenAt !== null).toBe(done[0] === 'hidden');
        const banned = await as(world(), owner, room.id, 'rooms.bans', (target) => listBans(world().deps, target));
        expect(banned).toHaveLength(done[0] === 'banned' ? 1 : 0);
      });

      it('stays open if what would resolve it is refused', async () => {
        const message = await say(owner, 'I own this room');
        const { id } = await report(ann, message.id);
        await expect(resolve(mod, id, 'banned')).rejects.toMatchObject({ code: 'FORBIDDEN' });
        expect(await resolve(owner, id, 'nothing')).toMatchObject({ resolved: { outcome: 'nothing' } });
      });

      it('of a private room is for the admins only where whoever made it says so, who may hide and no more', async () => {
        const [quiet, loud] = [await say(bob, 'between us'), await say(bob, 'for the admins')];
        const [kept, sent] = [await report(ann, quiet.id), await report(ann, loud.id, { toAdmins: true })];
        const all = (await listAllReports(world().deps, admin.actor, { state: 'open' })).items.map(({ id }) => id);
        expect(all).toContain(sent.id);
        expect(all).not.toContain(kept.id);
        await expect(resolve(admin, kept.id, 'nothing')).rejects.toMatchObject({ code: 'REPORT_NOT_FOUND' });
        await expect(resolve(bob, sent.id, 'nothing')).rejects.toMatchObject({ code: 'REPORT_NOT_FOUND' });
        await expect(resolve(admin, sent.id, 'banned')).rejects.toMatchObject({ code: 'FORBIDDEN' });
        expect(await resolve(admin, sent.id, 'hidden')).toMatchObject({
          message: { hidden: true },
          resolved: { by: { id: admin.user.id } },
        });
        await expect(listAllReports(world().deps, mod.actor, { state: 'open' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      });

      it('of a one-to-one room goes to the admins', async () => {
        const direct = await openDirectRoom(world().deps, bob.actor, { username: ann.user.username });
        const message = await say(bob, 'psst', direct.id);
        const { id } = await report(ann, message.id);
        expect((await listAllReports(world().deps, admin.actor, { state: 'open' })).items.find((each) => each.id === id)).toMatchObject({
          toAdmins: true,
          roomName: '',
        });
        await expect(
          world().access.run(ann.actor, direct.id, 'reports.list', (target) => listReports(world().deps, target, { state: 'open' })),
        ).rejects.toMatchObject({ code: 'FORBIDDEN' });
      });

      it('of a character has it removed from the room, and nothing that only people can have', async () => {
        const reply = await world().deps.db.message.create({
          data: {
            id: randomUUID(),
            roomId: room.id,
            seq: 900 + n,
            rev: 900 + n,
            kind: 'text',
            authorType: 'character',
            authorId: (await world().deps.db.character.findFirstOrThrow({ where: { handle: 'ada' } })).id,
            authorName: 'Ada',
            authorHandle: 'ada',
            authorAvatar: { hue: 1, glyph: 'bot' },
            content: 'as an assistant',
          },
        });
        const { id } = await report(ann, reply.id);
        await expect(resolve(mod, id, 'silenced')).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'outcome' } });
        await resolve(mod, id, 'removed');
        const { characters } = await as(world(), owner, room.id, 'rooms.get', (target) => getRoom(world().deps, target));
        expect(characters).toEqual([]);
      });
    });
  });
}
