import './markdown.css';
import { readMarkdown, type Token, type Tokens } from '@parley/contracts/markdown';
import { createElement, memo, useMemo, useRef } from 'react';
import { CodeBlock } from './code-block.js';
import { Inline, unknownToken } from './inline.js';
import { emptyText, growText } from './parse.js';

/** Renders a whole text. React makes every element from tokens; no string is ever set as HTML. */
export function Markdown({ source }: { source: string }) {
  const blocks = useMemo(() => readMarkdown(source), [source]);
  return (
    <div className="prose-message">
      <Blocks blocks={blocks} caret={false} dir="auto" />
    </div>
  );
}

/** Renders a text that is still being written: only its last blocks are parsed and rendered again as it grows. */
export function GrowingMarkdown({ source }: { source: string }) {
  const text = useRef(emptyText);
  // A cache, not state: the same source gives the same blocks however often React renders.
  text.current = growText(text.current, source);
  return (
    <div className="prose-message">
      <Blocks blocks={text.current.blocks} caret dir="auto" />
      {text.current.blocks.length === 0 && <Caret />}
    </div>
  );
}

function Blocks({ blocks, caret, dir }: { blocks: readonly Token[]; caret: boolean; dir?: 'auto' }) {
  const last = caret ? blocks.findLastIndex((token) => token.type !== 'space') : -1;
  return blocks.map((token, index) =>
    token.type === 'space' || token.type === 'def' ? null : (
      <Block key={index} token={token as BlockToken} caret={index === last} dir={dir} />
    ),
  );
}

type BlockToken =
  | Tokens.Paragraph
  | Tokens.Text
  | Tokens.Heading
  | Tokens.List
  | Tokens.Blockquote
  | Tokens.Code
  | Tokens.Table
  | Tokens.Hr
  | Tokens.HTML
  | Tokens.Checkbox;

interface BlockProps {
  token: BlockToken;
  /** True if the caret of a text in progress is at the end of this block. */
  caret: boolean;
  /**
   * `auto` for an outermost block: the first letter in it decides on which side its bullets or its rule stand. Blocks nested in it take
   * the same side, because the browser does not look for that letter inside an element with a `dir` of its own.
   */
  dir: 'auto' | undefined;
}

const Block = memo(
  function Block({ token, caret, dir }: BlockProps) {
    switch (token.type) {
      case 'paragraph':
        return (
          <p>
            <Inline tokens={token.tokens} />
            {caret && <Caret />}
          </p>
        );
      case 'text':
        return (
          <>
            <Inline tokens={token.tokens ?? [token]} />
            {caret && <Caret />}
          </>
        );
      case 'heading':
        // Levels 1 and 2 belong to the page and the room.
        return createElement(`h${Math.min(6, token.depth + 2)}`, null, <Inline tokens={token.tokens} />, caret && <Caret />);
      case 'list':
        return <List token={token} caret={caret} dir={dir} />;
      case 'blockquote':
        return (
          <blockquote dir={dir}>
            <Blocks blocks={token.tokens} caret={caret} />
          </blockquote>
        );
      case 'code':
        return <CodeBlock text={token.text} language={token.lang ?? ''} caret={caret ? <Caret /> : null} />;
      case 'table':
        return <Table token={token} dir={dir} />;
      case 'hr':
        return <hr />;
      case 'html':
        return (
          <p className="whitespace-pre-wrap">
            {token.raw.trimEnd()}
            {caret && <Caret />}
          </p>
        );
      case 'checkbox':
        return null;
      default:
        return <p>{unknownToken(token)}</p>;
    }
  },
  (a, b) => a.caret === b.caret && sameBlock(a.token, b.token),
);

/**
 * A token does not contain its offset, so blocks of the same kind with the same source are equal. A link may lead to where a definition
 * elsewhere says.
 */
function sameBlock(a: BlockToken, b: BlockToken): boolean {
  return a === b || (a.type === b.type && a.raw === b.raw && (!a.raw.includes(']') || JSON.stringify(a) === JSON.stringify(b)));
}

function List({ token, caret, dir }: Omit<BlockProps, 'token'> & { token: Tokens.List }) {
  const items = token.items.map((item, index) => (
    <Item key={index} item={item} loose={item.loose} caret={caret && index === token.items.length - 1} />
  ));
  return token.ordered ? (
    <ol dir={dir} start={token.start === '' ? 1 : token.start}>
      {items}
    </ol>
  ) : (
    <ul dir={dir}>{items}</ul>
  );
}

const Item = memo(
  function Item({ item, caret }: { item: Tokens.ListItem; loose: boolean; caret: boolean }) {
    return (
      <li className={item.task ? 'task' : undefined}>
        {item.task && <input type="checkbox" checked={item.checked === true} disabled readOnly className="me-2 align-[-1px]" />}
        <Blocks blocks={item.tokens} caret={caret} />
        {caret && item.tokens.length === 0 && <Caret />}
      </li>
    );
  },
  (a, b) => a.caret === b.caret && a.loose === b.loose && (a.item === b.item || a.item.raw === b.item.raw),
);

function Table({ token, dir }: { token: Tokens.Table; dir: BlockProps['dir'] }) {
  return (
    <div dir={dir} className="wide-table" role="group" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {token.header.map((cell, index) => (
              <th key={index} style={cell.align ? { textAlign: cell.align } : undefined}>
                <Inline tokens={cell.tokens} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} style={cell.align ? { textAlign: cell.align } : undefined}>
                  <Inline tokens={cell.tokens} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Caret() {
  return (
    <span
      aria-hidden="true"
      className="ms-0.5 inline-block h-[1.05em] w-[7px] animate-[blink_1.1s_ease-in-out_infinite] rounded-[1px] bg-accent/80 align-[-0.18em]"
    />
  );
}
