import { Secret, TOTP } from 'otpauth';
import { describe, expect, test } from 'vitest';
import { createInvite, inviteToServer } from '../accounts/create-invite.js';
import { changePassword } from '../accounts/change-password.js';
import { listInvites, readInvite } from '../accounts/list-invites.js';
import { registerUser } from '../accounts/register-user.js';
import { removeSecondStepOf } from '../accounts/remove-second-step.js';
import { makeResetLink, resetByLink } from '../accounts/reset-link.js';
import { revokeInvite } from '../accounts/revoke-invite.js';
import { createRoom } from '../rooms/create-room.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { listMembers } from '../members/list-members.js';
import { loadActor } from '../sessions/load-actor.js';
import { login } from '../sessions/login.js';
import { Vault } from '../sessions/vault.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { Challenges } from './challenges.js';
import { finishSignIn } from './finish-sign-in.js';
import { getSecurity } from './get-security.js';
import { addPasskey, beginPasskey, removePasskey } from './passkeys.js';
import { beginSecondStep, confirmSecondStep, removeSecondStep, renewRecoveryCodes } from './second-step.js';
import { requestPasskey, signInByPasskey } from './sign-in-by-passkey.js';
import { TestAuthenticator } from './testing-authenticator.js';

const secret = 'a secret for tests, of at least 32 bytes';
const page = { origin: 'https://chat.example.org', rpId: 'chat.example.org' };

/** The code of an app, of the step of time that is `ahead` of now. */
function codeOf(base32: string, ahead = 0): string {
  return new TOTP({ secret: Secret.fromBase32(base32), digits: 6, period: 30 }).generate({ timestamp: Date.now() + ahead * 30_000 });
}

const outcomes = (settled: PromiseSettledResult<unknown>[]) =>
  settled.map((one) => (one.status === 'fulfilled' ? 'ok' : (one.reason as { code: string }).code)).toSorted();

export function credentialsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`ways to sign in on ${kind}`, () => {
    const world = sharedWorld(kind);
    const deps = () => ({ ...world().deps, vault: new Vault(secret, 'second steps'), challenges: new Challenges(secret) });
    const enter = (user: TestUser, password = user.password) => login(deps(), { username: user.user.username, password });
    /** The step that a sign-in by the right password ends with. */
    const firstStep = async (user: TestUser, password?: string): Promise<string> => {
      const error = await enter(user, password).then(
        () => null,
        (reason: { code: string; details: { step?: string } }) => reason,
      );
      expect(error).toMatchObject({ code: 'SECOND_STEP', details: { step: expect.any(String) as string } });
      return error!.details.step!;
    };
    /** Turns codes on, by the app's code of the step before, so that those of now are good. */
    const withCodes = async (username: string) => {
      const user = await world().register(username);
      const { secret: base32, uri } = await beginSecondStep(deps(), user.actor);
      expect(uri).toContain(`secret=${base32}`);
      const recoveryCodes = await confirmSecondStep(deps(), user.actor, codeOf(base32, -1));
      return { user, base32, recoveryCodes };
    };

    describe('codes of an app', () => {
      test('ask for nothing until one was shown; the secret is nowhere as it is', async () => {
        const user = await world().register('tara');
        const { secret: base32 } = await beginSecondStep(deps(), user.actor);
        await expect(enter(user)).resolves.toBeDefined();
        await expect(confirmSecondStep(deps(), user.actor, '000000')).rejects.toMatchObject({
          code: 'CODE_WRONG',
          details: { field: 'code' },
        });
        const codes = await confirmSecondStep(deps(), user.actor, codeOf(base32));
        expect(new Set(codes).size).toBe(10);
        await expect(beginSecondStep(deps(), user.actor)).rejects.toMatchObject({ code: 'CONFLICT' });
        const kept = await world().deps.db.secondStep.findMany();
        expect(Buffer.concat(kept.map((row) => Buffer.from(row.secret))).includes(base32)).toBe(false);
        expect(await getSecurity(deps(), user.actor)).toMatchObject({ password: true, secondStep: true, recoveryCodes: 10, passkeys: [] });
      });

      test('are asked for after the password, and each is good once, also at one moment', async () => {
        const { user, base32 } = await withCodes('udo');
        const step = await firstStep(user);
        await expect(world().deps.tokens.verify(step)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
        const code = codeOf(base32);
        const both = await Promise.allSettled([1, 2].map(() => finishSignIn(deps(), { step, code })));
        expect(outcomes(both)).toEqual(['CODE_WRONG', 'ok']);
        await expect(finishSignIn(deps(), { step: await firstStep(user), code })).rejects.toMatchObject({ code: 'CODE_WRONG' });
        const next = await finishSignIn(deps(), { step, code: ` ${codeOf(base32, 1).slice(0, 3)} ${codeOf(base32, 1).slice(3)}` });
        await expect(loadActor(deps(), user.user.id, (await deps().tokens.verify(next.accessToken)).sessionId)).resolves.toBeDefined();
      });

      test('are looked at five times in a quarter of an hour, however many ask at once', async () => {
        const { user, base32 } = await withCodes('vera');
        const step = await firstStep(user);
        const guesses = await Promise.allSettled(Array.from({ length: 12 }, () => finishSignIn(deps(), { step, code: '000000' })));
        expect(outcomes(guesses)).toEqual([...Array(5).fill('CODE_WRONG'), ...Array(7).fill('RATE_LIMITED')] as string[]);
        const held = await finishSignIn(deps(), { step, code: codeOf(base32) }).catch((error: unknown) => error);
        expect(held).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterMs: expect.any(Number) as number } });
        await world().deps.db.secondStep.update({
          where: { userId: user.user.id },
          data: { triedSince: new Date(Date.now() - 16 * 60_000) },
        });
        await expect(finishSignIn(deps(), { step, code: codeOf(base32) })).resolves.toBeDefined();
      });

      test('have recovery codes in their place, each good once, and none of another person', async () => {
        const { user, recoveryCodes } = await withCodes('wim');
        const other = await withCodes('xenia');
        const step = await firstStep(user);
        await expect(finishSignIn(deps(), { step, code: other.recoveryCodes[0]! })).rejects.toMatchObject({ code: 'CODE_WRONG' });
        const both = await Promise.allSettled([1, 2].map(() => finishSignIn(deps(), { step, code: recoveryCodes[0]!.toUpperCase() })));
        expect(outcomes(both)).toEqual(['CODE_WRONG', 'ok']);
        expect(await getSecurity(deps(), user.actor)).toMatchObject({ recoveryCodes: 9 });
        const [first] = await renewRecoveryCodes(deps(), user.actor);
        await expect(finishSignIn(deps(), { step, code: recoveryCodes[1]! })).rejects.toMatchObject({ code: 'CODE_WRONG' });
        await expect(finishSignIn(deps(), { step, code: first! })).resolves.toBeDefined();
      });

      test('are read by no other secret of the server; recovery codes are', async () => {
        const { user, base32, recoveryCodes } = await withCodes('yann');
        const step = await firstStep(user);
        const later = { ...deps(), vault: new Vault('another secret, of at least 32 bytes', 'second steps') };
        await expect(finishSignIn(later, { step, code: codeOf(base32) })).rejects.toThrow(/recovery code/);
        await expect(finishSignIn(later, { step, code: recoveryCodes[0]! })).resolves.toBeDefined();
      });

      test('go when their owner or an admin turns them off; a first step ends with its password', async () => {
        const { user, base32 } = await withCodes('zora');
        const step = await firstStep(user);
        await changePassword(deps(), user.actor, { currentPassword: user.password, newPassword: 'another good password' });
        await expect(finishSignIn(deps(), { step, code: codeOf(base32) })).rejects.toMatchObject({ code: 'STEP_OVER' });
        await expect(finishSignIn(deps(), { step: 'made-up', code: codeOf(base32) })).rejects.toMatchObject({ code: 'STEP_OVER' });
        await removeSecondStep(deps(), user.actor);
        await expect(enter(user, 'another good password')).resolves.toBeDefined();
        const again = await withCodes('zora2');
        await expect(removeSecondStepOf(deps(), user.actor, { username: 'zora2' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await removeSecondStepOf(deps(), world().owner.actor, { username: 'zora2' });
        await expect(enter(again.user)).resolves.toBeDefined();
      });
    });

    describe('passkeys', () => {
      const withPasskey = async (username: string) => {
        const user = await world().register(username);
        const device = new TestAuthenticator();
        const answer = device.create(await beginPasskey(deps(), user.actor, page), page.origin);
        const passkey = await addPasskey(deps(), user.actor, { page, name: 'phone', answer });
        return { user, device, answer, passkey };
      };
      const ask = () => requestPasskey(deps().challenges, page);
      const refused = { code: 'PASSKEY_REFUSED' };

      test('sign in whoever they are of, without a code; a proof is good once, also at one moment', async () => {
        const { user, device, passkey } = await withPasskey('ada1');
        expect(passkey).toMatchObject({ name: 'phone', host: 'chat.example.org', lastUsedAt: null });
        const { secret: base32 } = await beginSecondStep(deps(), user.actor);
        await confirmSecondStep(deps(), user.actor, codeOf(base32));
        const proof = device.get(ask(), page.origin);
        const both = await Promise.allSettled([1, 2].map(() => signInByPasskey(deps(), { page, proof })));
        expect(outcomes(both)).toEqual(['PASSKEY_REFUSED', 'ok']);
        await expect(signInByPasskey(deps(), { page, proof })).rejects.toMatchObject(refused);
        const [key] = (await getSecurity(deps(), user.actor)).passkeys;
        expect(key).toMatchObject({ id: device.id, lastUsedAt: expect.any(String) as string });
      });

      test('are refused for another page, a challenge that is not ours or for something else, and without the holder being checked', async () => {
        const { device } = await withPasskey('ada2');
        const fake = { challenge: 'bWFkZS11cA', rpId: page.rpId };
        const creation = await beginPasskey(deps(), (await world().register('ada3')).actor, page);
        const attacks = [
          device.get(ask(), 'https://evil.example.org'),
          device.get({ ...ask(), rpId: 'evil.example.org' }, page.origin),
          device.get(fake, page.origin),
          device.get({ challenge: creation.challenge, rpId: page.rpId }, page.origin),
        ];
        for (const proof of attacks) await expect(signInByPasskey(deps(), { page, proof })).rejects.toMatchObject(refused);
        device.flags = 0b001;
        await expect(signInByPasskey(deps(), { page, proof: device.get(ask(), page.origin) })).rejects.toMatchObject(refused);
        device.flags = 0b101;
        await expect(signInByPasskey(deps(), { page, proof: device.get(ask(), page.origin) })).resolves.toBeDefined();
      });

      test('sign in nobody else, and a copy that counts behind is found', async () => {
        const [one, other] = [await withPasskey('ada4'), await withPasskey('ada5')];
        one.device.userHandle = other.device.userHandle;
        await expect(signInByPasskey(deps(), { page, proof: one.device.get(ask(), page.origin) })).rejects.toMatchObject(refused);
        const proof = other.device.get(ask(), page.origin);
        const forged = { ...proof, id: one.device.id, rawId: one.device.id };
        await expect(signInByPasskey(deps(), { page, proof: forged })).rejects.toMatchObject(refused);
        await signInByPasskey(deps(), { page, proof });
        other.device.counter = 0;
        await expect(signInByPasskey(deps(), { page, proof: other.device.get(ask(), page.origin) })).rejects.toMatchObject(refused);
      });

      test('are added by who asked, once; and removed by their owner alone', async () => {
        const { user, device, answer } = await withPasskey('ada6');
        const other = await world().register('ada7');
        await expect(addPasskey(deps(), user.actor, { page, name: 'again', answer })).rejects.toMatchObject(refused);
        const stolen = new TestAuthenticator().create(await beginPasskey(deps(), user.actor, page), page.origin);
        await expect(addPasskey(deps(), other.actor, { page, name: 'stolen', answer: stolen })).rejects.toMatchObject(refused);
        const known = device.create(await beginPasskey(deps(), other.actor, page), page.origin);
        await expect(addPasskey(deps(), other.actor, { page, name: 'known', answer: known })).rejects.toMatchObject({ code: 'CONFLICT' });
        await expect(removePasskey(deps(), other.actor, device.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
        await removePasskey(deps(), user.actor, device.id);
        await expect(signInByPasskey(deps(), { page, proof: device.get(ask(), page.origin) })).rejects.toMatchObject(refused);
      });
    });

    describe('a link to set a password', () => {
      test('works once, also at one moment, ends every session, and leaves the second step as it is', async () => {
        const { user, base32 } = await withCodes('lina');
        await expect(makeResetLink(deps(), user.actor, { username: 'lina' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
        const { code } = await makeResetLink(deps(), world().owner.actor, { username: 'lina' });
        const spare = await makeResetLink(deps(), null, { username: 'lina' });
        await expect(loadActor(deps(), user.user.id, user.actor.sessionId)).resolves.toBeDefined();
        await expect(resetByLink(deps(), { code, password: '12345678' })).rejects.toMatchObject({
          code: 'VALIDATION',
          details: { field: 'password' },
        });
        const both = await Promise.allSettled([1, 2].map(() => resetByLink(deps(), { code, password: 'a fine new password' })));
        expect(outcomes(both)).toEqual(['LINK_OVER', 'ok']);
        for (const used of [code, spare.code, 'made-up'])
          await expect(resetByLink(deps(), { code: used, password: 'one more password' })).rejects.toMatchObject({ code: 'LINK_OVER' });
        await expect(loadActor(deps(), user.user.id, user.actor.sessionId)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
        await expect(enter(user)).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
        const step = await firstStep(user, 'a fine new password');
        await expect(finishSignIn(deps(), { step, code: codeOf(base32) })).resolves.toBeDefined();
      });

      test('is over after an hour, and once the password was changed', async () => {
        const user = await world().register('mona');
        const { code } = await makeResetLink(deps(), null, { username: 'mona' });
        await changePassword(deps(), user.actor, { currentPassword: user.password, newPassword: 'another good password' });
        await expect(resetByLink(deps(), { code, password: 'a fine new password' })).rejects.toMatchObject({ code: 'LINK_OVER' });
        const late = await makeResetLink(deps(), null, { username: 'mona' });
        await world().deps.db.signInLink.updateMany({ data: { expiresAt: new Date(Date.now() - 1) } });
        await expect(resetByLink(deps(), { code: late.code, password: 'a fine new password' })).rejects.toMatchObject({
          code: 'LINK_OVER',
        });
      });
    });

    describe('an invitation', () => {
      const door = { registration: 'invite' } as const;
      const come = (invite: string, username: string) =>
        registerUser(deps(), { username, password: `password of ${username}`, invite }, door);

      test('makes as many accounts as it says, also for fifty who come at once', async () => {
        const { code, id } = await inviteToServer({ ...deps(), rooms: world().access }, world().owner.actor, { uses: 5 });
        const settled = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => come(code, `crowd-${n}`)));
        expect(outcomes(settled).filter((outcome) => outcome === 'ok')).toHaveLength(5);
        expect(outcomes(settled).filter((outcome) => outcome === 'INVITE_REQUIRED')).toHaveLength(45);
        expect((await listInvites(deps())).map((invite) => invite.id)).not.toContain(id);
        await expect(readInvite(deps(), code)).rejects.toMatchObject({ code: 'LINK_OVER' });
      });

      test('leads to its rooms, of which those that are closed by now are left out', async () => {
        const { owner, access } = world();
        const hidden = await createRoom(deps(), owner.actor, { name: 'Hidden', topic: '', visibility: 'private' });
        const gone = await createRoom(deps(), owner.actor, { name: 'Gone', topic: '', visibility: 'public' });
        const rooms = [hidden.id, gone.id];
        const stranger = await world().register('stranger-of-rooms');
        await expect(inviteToServer({ ...deps(), rooms: access }, stranger.actor, { rooms: [hidden.id] })).rejects.toMatchObject({
          code: 'ROOM_NOT_FOUND',
        });
        const made = await inviteToServer({ ...deps(), rooms: access }, owner.actor, { rooms, days: 2 });
        expect(made).toMatchObject({ uses: 0, maxUses: 1, madeBy: { username: owner.user.username }, email: null });
        expect(await readInvite(deps(), made.code)).toMatchObject({ madeBy: { username: owner.user.username }, rooms: ['Gone', 'Hidden'] });
        await access.run(owner.actor, gone.id, 'rooms.archive', (room) => archiveRoom(deps(), room, true));
        await come(made.code, 'newcomer');
        const members = await access.run(owner.actor, hidden.id, 'rooms.members', (room) => listMembers(deps(), room, {} as never));
        expect(JSON.stringify(members)).toContain('newcomer');
      });

      test('is revoked for good; one that a process of before used is used up', async () => {
        const { owner } = world();
        const { code, id } = await inviteToServer({ ...deps(), rooms: world().access }, owner.actor, { uses: 3 });
        await come(code, 'early-bird');
        expect((await listInvites(deps())).find((invite) => invite.id === id)).toMatchObject({ uses: 1, maxUses: 3 });
        await revokeInvite(deps(), owner.actor, id);
        await revokeInvite(deps(), owner.actor, id);
        await expect(come(code, 'late-bird')).rejects.toMatchObject({ code: 'INVITE_REQUIRED' });
        await expect(revokeInvite(deps(), owner.actor, owner.user.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
        const old = await createInvite(deps());
        const newest = await deps().db.invite.findFirstOrThrow({ orderBy: { createdAt: 'desc' } });
        await deps().db.invite.update({ where: { id: newest.id }, data: { usedBy: owner.user.id, usedAt: new Date() } });
        await expect(come(old, 'late-bird')).rejects.toMatchObject({ code: 'INVITE_REQUIRED' });
      });
    });
  });
}
