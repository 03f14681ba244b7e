import { expect, test } from 'vitest';
import { createTestApi } from '../testing/test-api.js';

test('what an admin sets on one API is in force on the others as soon as the bus tells them', async () => {
  await using api = await createTestApi();
  const admin = await api.register('tess');
  const other = await api.another();
  const register = (username: string) =>
    fetch(`${other.url}/api/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: `password of ${username}` }),
    });
  expect((await register('ann')).status).toBe(201);
  await admin.http.settings.set.mutate({ name: 'registration', value: 'closed' });
  await expect.poll(async () => await (await register('bob')).json()).toMatchObject({ code: 'REGISTRATION_CLOSED' });
  await admin.http.settings.set.mutate({ name: 'registration', value: null });
  await expect.poll(async () => (await register('cy')).status).toBe(201);
  await admin.http.settings.set.mutate({ name: 'announcement', value: 'Tea at four.' });
  expect(await api.as(admin.accessToken).settings.shown.query()).toEqual({ announcement: 'Tea at four.' });
});
