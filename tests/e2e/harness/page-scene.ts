import type { Page } from 'playwright-core';
import { createAccount, openBrowser, type Browser } from './browser.js';
import { startCluster, type Cluster } from './cluster.js';
import { anonymous, connect, register, type Person } from './person.js';

/** One person's page, and what else happens while they look at it. */
export interface PageScene extends AsyncDisposable {
  cluster: Cluster;
  url: string;
  browser: Browser;
  page: Page;
  /** Whose page it is, as a program. */
  ann: Person;
  /** Someone else, as a program. */
  bo: Person;
}

/** Ann is signed in when this resolves. @param prepare what is done to the page before it is opened @param variables of all processes */
export async function startPageScene(
  prepare: (page: Page) => Promise<unknown> = async () => {},
  variables: Record<string, string> = {},
): Promise<PageScene> {
  const [cluster, browser] = await Promise.all([
    startCluster({ apis: 1, workers: 1, variables: { REPLY_MAX_DEPTH: '0', LIMIT_SEND_PER_10_S: '10000', ...variables } }),
    openBrowser(),
  ]);
  const { url } = cluster.apis[0]!;
  const { page } = browser;
  await prepare(page);
  const [bo] = await Promise.all([register(url, 'bo'), createAccount(page, url, 'ann')]);
  const { user, accessToken, refreshToken } = await anonymous(url).auth.login.mutate({ username: 'ann', password: 'password of ann' });
  const ann = connect(url, { id: user.id, username: 'ann', accessToken, refreshToken: refreshToken! });
  return {
    cluster,
    url,
    browser,
    page,
    ann,
    bo,
    async [Symbol.asyncDispose]() {
      await Promise.all([ann, bo, browser].map((each) => each[Symbol.asyncDispose]()));
      await cluster[Symbol.asyncDispose]();
    },
  };
}
