import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The folder of the built page beside this package; null if the page was not built, and then none is served. */
export async function findWebRoot(): Promise<string | null> {
  const root = fileURLToPath(new URL('../../../web/dist/', import.meta.url));
  try {
    await access(`${root}index.html`);
    return root.replace(/\/$/, '');
  } catch {
    return null;
  }
}
