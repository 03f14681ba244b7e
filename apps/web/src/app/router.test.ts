import { pagePaths } from '@parley/contracts';
import { createMemoryHistory } from '@tanstack/react-router';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => void vi.unstubAllGlobals());

test('the server knows every path of the page, and no other', async () => {
  vi.stubGlobal('navigator', { platform: '' });
  const { createAppRouter } = await import('./router.js');
  const { routesByPath } = createAppRouter(createMemoryHistory());
  // `/$` shows that there is nothing, as the server says with 404.
  expect(Object.keys(routesByPath).sort()).toEqual(['/$', ...pagePaths].sort());
});
