import { backoffMs } from '@parley/contracts';
import { lazy, type ComponentType } from 'react';

/** How often a part is requested that the server refuses although it serves the same build. */
const maxRefusals = 3;

/**
 * A component whose code is loaded on first use. If the server cannot be reached the request is repeated until it succeeds; the rest of
 * the page goes on meanwhile.
 */
export const part = <Props>(load: () => Promise<{ default: ComponentType<Props> }>) => lazy(() => patiently(load));

/** @throws what `load` rejects with, once repeating cannot help: the server has a newer build with other parts */
export async function patiently<Code>(load: () => Promise<Code>): Promise<Code> {
  for (let tries = 0, refusals = 0; ; tries++) {
    try {
      return await load();
    } catch (error) {
      const renewed = await isRenewed();
      if (renewed || (renewed === false && ++refusals > maxRefusals)) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, backoffMs(tries, { firstMs: 500, maxMs: 10_000 }));
        window.addEventListener('online', resolve, { once: true });
      });
    }
  }
}

/** Whether the server serves another build than this page; null if the server cannot be asked. */
async function isRenewed(): Promise<boolean | null> {
  const own = document.querySelector<HTMLScriptElement>('script[type=module]')?.getAttribute('src');
  try {
    const page = await fetch('/', { cache: 'no-store' });
    return page.ok && own ? !(await page.text()).includes(own) : null;
  } catch {
    return null;
  }
}
