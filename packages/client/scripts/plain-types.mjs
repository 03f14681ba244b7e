import { API, SymbolFlags, TypeFlags } from 'typescript/unstable/sync';

/**
 * Declares the types that a module exports in plain TypeScript: what `z.infer` makes of a schema, written out, with the comments of its fields. Whoever
 * reads the declarations needs neither zod nor the packages that the types come from.
 *
 * @param {string} project the tsconfig to read the module by
 * @param {string} file the module
 * @returns {string} declarations
 * @throws Error for a type of a kind that no view has
 */
export function plainTypes(project, file) {
  const api = new API();
  try {
    const { checker, program } = api.updateSnapshot({ openProject: project }).getProject(project);
    const module = checker.getSymbolAtLocation(program.getSourceFile(file));
    const views = checker
      .getExportsOfModule(module)
      .map((exported) => ({
        name: exported.name,
        symbol: exported.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported,
      }))
      .map(({ name, symbol }) => ({ name, symbol, type: checker.getDeclaredTypeOfSymbol(symbol) }));
    /** Names by what they stand for, written out in full. */
    const names = new Map();
    const write = new TypeWriter(checker, names);
    for (const { name, type } of views) names.set(write.type(type, { named: false }), name);
    return views
      .map(
        ({ symbol, name, type }) =>
          `${comment(checker.getDocumentationCommentOfSymbol(symbol))}export type ${name} = ${write.type(type, { top: true })};\n`,
      )
      .join('\n');
  } finally {
    api.close();
  }
}

class TypeWriter {
  #checker;
  #names;
  /** What was written of types already, in full. */
  #full = new Map();

  constructor(checker, names) {
    this.#checker = checker;
    this.#names = names;
  }

  /** @param {{ named?: boolean, top?: boolean }} how `named: false`: in full; `top`: by names, but for this type itself */
  type(type, { named = true, top = false } = {}) {
    if (!named) {
      const known = this.#full.get(type.id);
      if (known) return known;
      const full = this.#structure(type, false);
      this.#full.set(type.id, full);
      return full;
    }
    return (!top && this.#names.get(this.type(type, { named: false }))) || this.#structure(type, true);
  }

  #structure(type, named) {
    const checker = this.#checker;
    if (type.isUnionType()) return this.#union(type.getTypes(), named);
    if (type.isStringLiteralType() || type.isNumberLiteralType() || type.isBooleanLiteralType()) return JSON.stringify(type.value);
    if (type.isIntrinsicType()) return type.intrinsicName;
    if (checker.isTupleType(type))
      return `[${checker
        .getTypeArguments(type)
        .map((part) => this.type(part, { named }))
        .join(', ')}]`;
    if (checker.isArrayType(type)) {
      const [item] = checker.getTypeArguments(type);
      const written = this.type(item, { named });
      return /^[\w.]+$/.test(written) ? `${written}[]` : `Array<${written}>`;
    }
    if (!(type.flags & TypeFlags.Object)) throw new Error(`no view has a type like ${checker.typeToString(type)}`);
    const fields = checker.getPropertiesOfType(type).map((field) => this.#field(field, named));
    for (const { keyType, valueType } of checker.getIndexInfosOfType(type)) {
      fields.push(`[key: ${this.type(keyType, { named })}]: ${this.type(valueType, { named })};`);
    }
    return `{\n${fields.join('\n').replace(/^/gm, '  ')}\n}`;
  }

  #union(types, named) {
    const written = types.map((part) => this.type(part, { named }));
    const both = written.includes('true') && written.includes('false');
    const rest = written.filter((part) => part !== 'null' && !(both && (part === 'true' || part === 'false')));
    const parts = [...rest, ...(both ? ['boolean'] : []), ...(written.includes('null') ? ['null'] : [])];
    const line = parts.join(' | ');
    if (parts.length === 1 || (!line.includes('\n') && line.length <= 100)) return line;
    return parts.map((part) => `\n  | ${part.replaceAll('\n', '\n    ')}`).join('');
  }

  #field(symbol, named) {
    const isOptional = (symbol.flags & SymbolFlags.Optional) !== 0;
    const written = this.type(this.#checker.getTypeOfSymbol(symbol), { named });
    // The checker adds `undefined` to what may be absent.
    const type = isOptional ? written.replace(/^undefined \| |^\s*\| undefined(?=\s)/, '') : written;
    const text = `${symbol.name}${isOptional ? '?' : ''}: ${type};`;
    return named ? comment(this.#checker.getDocumentationCommentOfSymbol(symbol)) + text : text;
  }
}

function comment(text) {
  if (text === '') return '';
  return text.includes('\n') ? `/**\n${text.replace(/^/gm, ' * ')}\n */\n` : `/** ${text} */\n`;
}
