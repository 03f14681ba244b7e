import { stringify } from 'yaml';

/**
 * Renders a template of our chart: the part of Helm's language that it uses, and nothing else, so that whatever this does not know is an
 * error here before it is one in a cluster. Knows paths, `toYaml`, `printf`, `quote`, `nindent`, `if`, `range` and `end`.
 *
 * @param {string} template
 * @param {Record<string, unknown>} data `Values` and `Release`
 * @returns {string}
 * @throws Error for anything it does not know, and for a value that is not there
 */
export function renderTemplate(template, data) {
  const pieces = template.split(/(\s*\{\{-[^}]*\}\}|\{\{[^}]*\}\})/);
  let at = 0;

  /** @param {unknown} dot what "." is. @param {boolean} shown @returns {string} */
  function block(dot, shown) {
    let out = '';
    while (at < pieces.length) {
      const piece = pieces[at++];
      const action = /^\s*\{\{-?\s*(.*?)\s*\}\}$/s.exec(piece)?.[1];
      if (action === undefined) {
        out += piece;
        continue;
      }
      // Without the mark that takes the space before it away, `split` has left that space in the piece before.
      if (action === 'end') return out;
      const [word, ...rest] = action.split(/\s+/);
      if (word === 'if') {
        const inner = block(dot, shown && Boolean(valueOf(rest.join(' '), dot)));
        if (shown && valueOf(rest.join(' '), dot)) out += inner;
      } else if (word === 'range') {
        const items = shown ? valueOf(rest.join(' '), dot) : [];
        if (!Array.isArray(items)) throw new Error(`range over what is no list: ${action}`);
        const start = at;
        if (items.length === 0) block(null, false);
        for (const item of items) {
          at = start;
          out += block(item, shown);
        }
      } else if (shown) out += pipeline(action, dot);
    }
    return out;
  }

  function pipeline(action, dot) {
    const [first, ...filters] = action.split(/\s*\|\s*/);
    let value = valueOf(first, dot);
    for (const filter of filters) {
      const [name, argument] = filter.split(/\s+/);
      if (name === 'quote') value = JSON.stringify(String(value));
      else if (name === 'nindent') value = `\n${String(value).replace(/^(?=.)/gm, ' '.repeat(Number(argument)))}`;
      else throw new Error(`the chart uses “${name}”, which scripts/lib/deployment/render-chart.mjs does not know`);
    }
    if (typeof value === 'object') throw new Error(`${action} is no text`);
    return String(value);
  }

  function valueOf(expression, dot) {
    if (expression.startsWith('toYaml ')) return stringify(valueOf(expression.slice(7), dot)).trimEnd();
    const printed = /^printf "([^"]*)" (.*)$/.exec(expression);
    if (printed) {
      const values = printed[2].split(/\s+/).map((part) => valueOf(part, dot));
      return printed[1].replaceAll('%s', () => String(values.shift()));
    }
    if (expression === '.') return dot;
    if (!/^(?:\.\w+)+$/.test(expression)) throw new Error(`the chart uses “${expression}”, which is no path`);
    let value = data;
    for (const name of expression.slice(1).split('.')) {
      value = value?.[name];
      if (value === undefined) throw new Error(`the chart uses ${expression}, which values.yaml does not have`);
    }
    return value;
  }

  const out = block(data, true);
  if (at < pieces.length) throw new Error('an “end” too many');
  return out;
}
