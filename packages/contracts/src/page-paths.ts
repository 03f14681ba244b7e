/**
 * The paths of the page, as its router writes them: `$name` stands for one segment. The server answers these with the page; it answers
 * any other with NOT_FOUND.
 */
export const pagePaths = [
  '/',
  '/sign-in',
  '/rooms/$roomId',
  '/rooms/$roomId/hooks',
  '/browse',
  '/characters',
  '/search',
  '/settings',
  '/settings/keys',
  '/usage/$of',
  '/settings/bots/$username/hooks',
  '/admin/$part',
] as const;

export type PagePath = (typeof pagePaths)[number];

/** As the page's router compares them: in any case, with or without a slash at the end. */
const patterns = pagePaths.map((path) => new RegExp(`^${path.replace(/\/$/, '').replace(/\$\w+/, '[^/]+')}/?$`, 'i'));

/** True for a path, without its query, that the page has a screen for. */
export function isPagePath(path: string): boolean {
  return patterns.some((pattern) => pattern.test(path));
}
