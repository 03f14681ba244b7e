import { createHmac } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccount, openBrowser, type Browser } from './harness/browser.js';
import { startCluster, type Cluster } from './harness/cluster.js';
import { anonymous } from './harness/person.js';

let cluster: Cluster;
let own: Browser;
/** Browsers make no passkeys for addresses without a name. */
let here: string;
/** The token of an admin. */
let root: string;

beforeAll(async () => {
  [cluster, own] = await Promise.all([startCluster({ apis: 2, workers: 0 }), openBrowser()]);
  here = cluster.apis[0]!.url.replace('127.0.0.1', 'localhost');
  // The first account of a server that only this machine reaches is its admin.
  root = (await anonymous(cluster.apis[0]!.url).auth.register.mutate({ username: 'root', password: 'password of root' })).accessToken;
  await createAccount(own.page, here, 'ann');
});
afterAll(() => Promise.all([own, cluster].map((each) => each?.[Symbol.asyncDispose]())));

/** For looking at: `SHOTS=/tmp/shots` takes pictures. */
async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env['SHOTS'];
  if (!folder) return;
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1280, 390]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 860 });
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` });
    }
  await page.setViewportSize({ width: 1280, height: 860 });
}

const settings = (page: Page) => page.goto(`${here}/settings`);
const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

/** The code of an app at the step of time that is `ahead` of now (RFC 6238). */
function codeOf(base32: string, ahead = 0): string {
  const bits = [...base32].map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const hash = createHmac('sha1', key).update(step).digest();
  return String((hash.readUInt32BE(hash.at(-1)! & 15) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0');
}

async function signOut(page: Page): Promise<void> {
  await page.context().clearCookies();
  await page.goto(`${here}/sign-in`);
  await page.getByLabel('Username').waitFor();
}

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('Username').fill('ann');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Makes a call of REST as an admin. */
async function asAdmin(path: string, body: object = {}): Promise<{ code: string }> {
  const answer = await fetch(`${cluster.apis[0]!.url}/api/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${root}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as { code: string };
}

const expectInside = (page: Page) => page.getByRole('navigation', { name: 'Rooms' }).waitFor();

test('a person signs out elsewhere from the settings, on every instance', async () => {
  const { page } = own;
  const { accessToken } = await anonymous(cluster.apis[1]!.url).auth.login.mutate({ username: 'ann', password: 'password of ann' });
  const whoAmI = () =>
    fetch(`${cluster.apis[1]!.url}/api/me`, { headers: { authorization: `Bearer ${accessToken}` } }).then(({ status }) => status);
  expect(await whoAmI()).toBe(200);
  await settings(page);
  const sessions = section(page, 'Where you are signed in');
  await sessions.getByText('this one').waitFor();
  await sessions.getByRole('button', { name: 'Sign out node' }).click();
  await sessions.getByRole('button', { name: 'Sign out node' }).waitFor({ state: 'detached' });
  await expect.poll(whoAmI).toBe(401);
});

test('a person adds a passkey and signs in by it, with nothing to type', async () => {
  const { page, context } = own;
  const devices = await context.newCDPSession(page);
  await devices.send('WebAuthn.enable');
  await devices.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await settings(page);
  const passkeys = section(page, 'Passkeys');
  await passkeys.getByRole('button', { name: 'Add a passkey' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Laptop');
  await dialog.getByLabel('Your password').fill('not the password');
  await dialog.getByRole('button', { name: 'Add passkey' }).click();
  await dialog.getByText('The password is wrong.').waitFor();
  await dialog.getByLabel('Your password').fill('password of ann');
  await dialog.getByRole('button', { name: 'Add passkey' }).click();
  await passkeys.getByText('Laptop').waitFor();
  await shot(page, 'settings-passkeys');
  await signOut(page);
  // A device that confirms by itself may have signed in by what the field for the username offers.
  await Promise.race([page.getByRole('button', { name: 'Use a passkey' }).click(), expectInside(page)]);
  await expectInside(page);
  await settings(page);
  await section(page, 'Where you are signed in').getByText('by passkey').first().waitFor();
  await devices.send('WebAuthn.disable');
});

test('a code is asked for after the password, once it is set up; a recovery code does as well', async () => {
  const { page } = own;
  await settings(page);
  const codes = section(page, 'Codes at sign-in');
  await codes.getByRole('button', { name: 'Set up' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your password').fill('password of ann');
  await dialog.getByRole('button', { name: 'Next' }).click();
  await dialog.getByRole('img', { name: 'QR code' }).waitFor();
  const secret = (await dialog.locator('code').textContent())!;
  await shot(page, 'settings-scan');
  await dialog.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret, -1));
  await dialog.getByRole('button', { name: 'Turn on' }).click();
  const kept = page.getByRole('region', { name: 'Recovery codes' }).getByRole('listitem');
  await kept.first().waitFor();
  const [recovery] = await kept.allTextContents();
  await shot(page, 'settings-recovery');
  await signOut(page);
  await signIn(page, 'password of ann');
  await page.getByRole('heading', { name: 'One more step' }).waitFor();
  await shot(page, 'sign-in-code');
  await page.getByRole('textbox', { name: 'Code' }).fill('000000');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This code is wrong').waitFor();
  await page.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expectInside(page);
  await signOut(page);
  await signIn(page, 'password of ann');
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(recovery!);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expectInside(page);
});

test('an admin’s link sets a new password, and leaves the codes on', async () => {
  const { page } = own;
  const { code } = await asAdmin('users/ann/reset-link');
  await page.goto('about:blank');
  await page.goto(`${here}/sign-in#reset=${code}`);
  await page.getByLabel('New password').fill('a fine new password');
  await shot(page, 'sign-in-reset');
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByText('Your password is set').waitFor();
  await page.getByLabel('Password').fill('a fine new password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'One more step' }).waitFor();
  expect(await page.getByRole('navigation', { name: 'Rooms' }).count()).toBe(0);
});

test('an invitation says who invites, and where to', async () => {
  const made = await asAdmin('invites', { uses: 3 });
  await using guest = await openBrowser();
  await guest.page.goto(`${here}/sign-in#invite=${made.code}`);
  await guest.page.getByRole('heading', { name: 'You are invited' }).waitFor();
  await guest.page.getByText('root invites you to Parley').waitFor();
  await shot(guest.page, 'sign-in-invited');
  await guest.page.getByLabel('Username').fill('guest');
  await guest.page.getByLabel('Password').fill('password of guest');
  await guest.page.getByRole('button', { name: 'Create account' }).click();
  await expectInside(guest.page);
  expect([...own.errors, ...guest.errors].filter((error) => !/401|403/.test(error))).toEqual([]);
});
