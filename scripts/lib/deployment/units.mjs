import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths.mjs';

export const unitsFolder = join(root, 'deploy/systemd');

/** The files of units in `deploy/systemd`. @returns {string[]} */
export function unitNames() {
  return readdirSync(unitsFolder)
    .filter((name) => /\.(?:service|timer)$/.test(name))
    .toSorted();
}

/**
 * A unit as systemd reads it: by section, each setting with all its values, in order.
 *
 * @param {string} name
 * @returns {Record<string, Record<string, string[]>>}
 * @throws Error for a line that is neither a section, a setting nor a comment
 */
export function readUnit(name) {
  /** @type {Record<string, Record<string, string[]>>} */
  const unit = {};
  let section = '';
  for (const line of readFileSync(join(unitsFolder, name), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const opened = /^\[(\w+)\]$/.exec(line)?.[1];
    if (opened) {
      section = opened;
      unit[section] = {};
      continue;
    }
    const [, key, value] = /^([A-Z]\w*)=(.*)$/.exec(line) ?? [];
    if (key === undefined || section === '') throw new Error(`${name}: ${line}`);
    (unit[section][key] ??= []).push(value);
  }
  return unit;
}

/**
 * The variables that a unit gives its process, and what it runs, as on a machine where the clone is here and not in /opt/parley.
 *
 * @param {string} name
 * @param {string} [instance] what stands behind the @
 * @param {Record<string, string>} [env] variables of the file that the unit reads, or instead of some of the unit's own
 */
export function unitCommands(name, instance = '', env = {}) {
  const { Service: service } = readUnit(name);
  /** @type {Record<string, string>} */
  const variables = {
    ...Object.fromEntries((service.Environment ?? []).flatMap((line) => line.split(' ').map((each) => each.split(/=(.*)/s).slice(0, 2)))),
    ...env,
  };
  const commandOf = (/** @type {string} */ line) =>
    line.split(' ').map((word) =>
      word
        .replaceAll('%i', instance)
        .replace(/^"(.*)"$/, '$1')
        .replace(/\$\{(\w+)\}/g, (_, variable) => variables[variable] ?? '')
        .replace(/^\/usr\/bin\/node$/, process.execPath)
        .replace(/^\/opt\/parley(?=\/|$)/, root),
    );
  return {
    variables,
    start: commandOf(service.ExecStart[0]),
    startPost: (service.ExecStartPost ?? []).map(commandOf),
    workingDirectory: service.WorkingDirectory[0].replace(/^\/opt\/parley$/, root),
  };
}
