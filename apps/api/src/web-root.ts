import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The folder of the built page; null if the page was not built, and then none is served. */
export async function findWebRoot(): Promise<string | null> {
  // From the root, which is three folders up from here, from what tsc makes of this file, and from every app's bundle.
  const root = fileURLToPath(new URL('../../../apps/web/dist/', import.meta.url));
  try {
    await access(`${root}index.html`);
    return root.replace(/\/$/, '');
  } catch {
    return null;
  }
}
