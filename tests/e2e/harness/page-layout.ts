import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/**
 * What stands, in part, where nobody can see it: each text and control that reaches sideways beyond the window, or beyond the nearest box
 * that hides what does. A box that ends its text by an ellipsis may, and one that can be scrolled to by the keyboard.
 */
export function runningOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const hides = (element: Element) => getComputedStyle(element).overflowX !== 'visible';
    const mayHide = (element: Element) => {
      const { overflowX, textOverflow } = getComputedStyle(element);
      return textOverflow === 'ellipsis' || (['auto', 'scroll'].includes(overflowX) && element.matches('[tabindex="0"], textarea, input'));
    };
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
      const control = node.nodeType === Node.ELEMENT_NODE;
      const element = control ? (node as Element) : node.parentElement!;
      if (control ? !element.matches('a, button, input, textarea') : node.textContent!.trim() === '') continue;
      if (!element.checkVisibility() || element.closest('.sr-only, [inert]')) continue;
      let frame: Element | null = control ? element.parentElement : element;
      while (frame && !hides(frame)) frame = frame.parentElement;
      if (frame && mayHide(frame)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const { left, right } = control ? element.getBoundingClientRect() : range.getBoundingClientRect();
      const edges = frame && frame !== document.body ? frame.getBoundingClientRect() : { left: 0, right: window.innerWidth };
      if (left >= Math.max(0, edges.left) - 1 && right <= Math.min(window.innerWidth, edges.right) + 1) continue;
      const name = element.getAttribute('aria-label') ?? element.textContent!;
      found.push(`${element.tagName} ${name.slice(0, 40)}: ${Math.round(left)} to ${Math.round(right)}`);
    }
    return found;
  });
}

/** Nothing stands where nobody can see it, at both widths. With PICTURES set, the page as it is, in both themes, is kept in that folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['PICTURES'];
  for (const [width, height] of [
    [1280, 800],
    [390, 780],
  ] as const) {
    await page.setViewportSize({ width, height });
    // The panel slides in where the window became narrow.
    await expect.poll(() => runningOut(page)).toEqual([]);
    if (!folder) continue;
    mkdirSync(folder, { recursive: true });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` });
    }
    await page.emulateMedia({ colorScheme: 'light' });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}
