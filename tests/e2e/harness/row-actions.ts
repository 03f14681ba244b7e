import type { Locator } from 'playwright-core';
import { expect } from 'vitest';

/**
 * The actions of a message, which are there while the mouse is over its row. A row that moves, because the list still scrolls or what is
 * above it grows, leaves the mouse behind: wait until the row stands still, and find it again as a person would.
 */
export async function rowActions(row: Locator): Promise<Locator> {
  const actions = row.getByRole('toolbar', { name: 'Message actions' });
  let before: string | null = null;
  await expect
    .poll(async () => {
      await row.hover();
      const now = JSON.stringify(await row.boundingBox());
      const rests = now === before && (await actions.isVisible());
      before = now;
      return rests;
    })
    .toBe(true);
  return actions;
}
