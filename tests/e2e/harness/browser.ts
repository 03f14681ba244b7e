import { chromium, type Browser as Chromium, type BrowserContext, type Page } from 'playwright-core';
import { required } from './servers.js';
import { patienceMs } from './patience.js';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A page of a test lives for seconds: optimising its code would be a tenth of its work and gain nothing.
  '--js-flags=--no-opt --no-maglev',
];

let launched: Promise<Chromium> | undefined;

/** One Chromium for all people of all the files that this process runs: to start one costs seconds of work. It ends with the process. */
async function launch(): Promise<Chromium> {
  if (launched && !(await launched).isConnected()) launched = undefined;
  launched ??= chromium.launch({ executablePath: required('CHROMIUM_PATH'), headless: true, args: flags });
  return launched;
}

/** A person's browser: cookies and storage of its own, gone when closed. */
export interface Browser extends AsyncDisposable {
  context: BrowserContext;
  page: Page;
  /** Errors that the page threw or logged. */
  errors: string[];
}

export async function openBrowser(options: { width?: number; height?: number; colorScheme?: 'light' | 'dark' } = {}): Promise<Browser> {
  const chrome = await launch();
  const context = await chrome.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 860 },
    colorScheme: options.colorScheme ?? 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return {
    context,
    page,
    errors,
    async [Symbol.asyncDispose]() {
      await context.close();
    },
  };
}

/** Makes an account in the page. */
export async function createAccount(page: Page, url: string, username: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(`password of ${username}`);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('navigation', { name: 'Rooms' }).waitFor();
}
