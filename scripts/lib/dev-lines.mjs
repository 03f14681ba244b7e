import { stripVTControlCharacters } from 'node:util';

/**
 * What `npm run dev` shows of the lines that its programs print. Server and Vite each say an address of their own, and only Vite's shows
 * the page as it is edited: that one is named, once both are there and again when the server has started anew, and no other.
 *
 * @param {(line: string) => void} say
 * @returns {(program: string, line: string) => void}
 */
export function createDevLines(say) {
  /** @type {string | null} */
  let page = null;
  /** @type {string | null} */
  let server = null;
  /** What the server said of its address before the page's was known. */
  const held = /** @type {string[]} */ ([]);

  const show = (program, line) => {
    const text = server === null || page === null ? line : line.replaceAll(server, page);
    say(`${program.padEnd(7)} ${text}`);
  };
  const tell = () => {
    if (page === null || server === null) return;
    say(`Parley is at ${page}`);
    for (const line of held.splice(0)) show('server', line);
  };

  return (program, line) => {
    const text = stripVTControlCharacters(line).trim();
    if (text === '') return;
    if (program === 'page') {
      const [, place, address] = /^➜ +(Local|Network): +(\S.*?)\/?$/.exec(text) ?? [];
      if (place === undefined) return show(program, line);
      if (place === 'Network') return;
      page = address;
      return tell();
    }
    if (program !== 'server') return show(program, line);
    const [, address] = /^Parley is at (\S+)$/.exec(text) ?? [];
    if (address !== undefined) {
      server = address;
      return tell();
    }
    if (server !== null && page === null && text.includes(server)) held.push(line);
    // The entry of the log comes before the sentence.
    else show(program, text.endsWith('"msg":"ready"}') ? line.replace(/"url":"[^"]*",/, '') : line);
  };
}
