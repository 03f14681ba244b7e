import { accessSync, constants, readdirSync, statSync } from 'node:fs';

/** @param {string} folder @returns {string[]} its entries; none if it cannot be read */
function listFolder(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Paths that match a pattern in which `*` stands for any part of one path segment.
 *
 * @param {string} pattern absolute
 * @param {(folder: string) => string[]} [list]
 * @returns {string[]} a pattern without `*` is returned without checking that it exists
 */
export function globSync(pattern, list = listFolder) {
  let paths = [''];
  for (const segment of pattern.split('/').slice(1)) {
    if (!segment.includes('*')) {
      paths = paths.map((path) => `${path}/${segment}`);
      continue;
    }
    const matcher = new RegExp(`^${segment.split('*').map(escapeRegExp).join('.*')}$`);
    paths = paths.flatMap((path) =>
      list(path || '/')
        .filter((name) => matcher.test(name))
        .map((name) => `${path}/${name}`),
    );
  }
  return paths;
}

function escapeRegExp(text) {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
