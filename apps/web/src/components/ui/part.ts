import { lazy, type ComponentType } from 'react';

/** How often a part is asked for that this build's server does not give. */
const maxRefusals = 3;

/**
 * A component whose code is loaded with its first use. Where the way to the server fails it is asked for again until it
 * comes; meanwhile the rest of the page goes on.
 */
export const part = <Props>(load: () => Promise<{ default: ComponentType<Props> }>) => lazy(() => patiently(load));

/** @throws what `load` rejects with, once that can no longer help: the server was renewed, and has other parts now */
export async function patiently<Code>(load: () => Promise<Code>): Promise<Code> {
  for (let tries = 0, refusals = 0; ; tries++) {
    try {
      return await load();
    } catch (error) {
      const renewed = await isRenewed();
      if (renewed || (renewed === false && ++refusals > maxRefusals)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(10_000, 500 * 2 ** tries)));
    }
  }
}

/** Whether the server serves another build than this page is of; null while it cannot be asked. */
async function isRenewed(): Promise<boolean | null> {
  const own = document.querySelector<HTMLScriptElement>('script[type=module]')?.getAttribute('src');
  try {
    const page = await fetch('/', { cache: 'no-store' });
    return page.ok && own ? !(await page.text()).includes(own) : null;
  } catch {
    return null;
  }
}
