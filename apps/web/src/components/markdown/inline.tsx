import { decodeEntities, linkText, sourceMark, splitMentions, type TextToken, type Token, type Tokens } from '@parley/contracts/markdown';
import { Fragment, use, type ReactNode } from 'react';
import { cx } from '../ui/class-names.js';
import { linkTarget, namesPlace } from './links.js';
import { MarkdownContext } from './markdown-context.js';

export function Inline({ tokens }: { tokens: readonly Token[] | undefined }) {
  return tokens?.map((token, index) => <Fragment key={index}>{inline(token as InlineToken)}</Fragment>);
}

type InlineToken =
  | TextToken
  | Tokens.Escape
  | Tokens.Strong
  | Tokens.Em
  | Tokens.Del
  | Tokens.Codespan
  | Tokens.Br
  | Tokens.Link
  | Tokens.Image
  | Tokens.Tag
  | Tokens.Checkbox;

function inline(token: InlineToken): ReactNode {
  switch (token.type) {
    case 'text':
      return token.tokens ? <Inline tokens={token.tokens} /> : <PlainText token={token} />;
    case 'escape':
      // Mathematics may have several lines.
      return token.text.includes('\n') ? <span className="whitespace-pre-wrap">{token.text}</span> : token.text;
    case 'strong':
      return (
        <strong>
          <Inline tokens={token.tokens} />
        </strong>
      );
    case 'em':
      return (
        <em>
          <Inline tokens={token.tokens} />
        </em>
      );
    case 'del':
      return (
        <del>
          <Inline tokens={token.tokens} />
        </del>
      );
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return (
        <LinkOrText href={token.href} text={token.text} mark={sourceMark(token)}>
          {linkText(token) ?? <Inline tokens={token.tokens} />}
        </LinkOrText>
      );
    // Loading a picture from elsewhere would tell that server who reads here, so show a link instead.
    case 'image':
      return (
        <LinkOrText href={token.href} text={token.text}>
          {linkText(token)}
        </LinkOrText>
      );
    case 'html':
      return token.raw;
    case 'checkbox':
      return null;
    default:
      return unknownToken(token);
  }
}

/** A later version of the lexer may produce other tokens; their source is shown as it was written. */
export function unknownToken(token: never): string {
  return (token as Token).raw;
}

function PlainText({ token }: { token: TextToken }) {
  const { isHandle, isBotHandle } = use(MarkdownContext);
  return splitMentions(token, isHandle).map((part, index) =>
    part.mention ? (
      <span
        key={index}
        className={cx(
          'rounded-chip bg-accent-soft px-1 py-px font-medium text-accent [unicode-bidi:plaintext]',
          // Said by the style, so that a copied text is what was written.
          isBotHandle(part.text.slice(1).toLowerCase()) && 'of-bot',
        )}
      >
        {part.text}
      </span>
    ) : (
      decodeEntities(part.text)
    ),
  );
}

function LinkOrText({ href, text, mark, children }: { href: string; text: string; mark?: string | null; children: ReactNode }) {
  const target = linkTarget(href);
  if (mark === '*') {
    return (
      <span className="source none" title="No message says this: the model adds it.">
        no source
      </span>
    );
  }
  switch (target.kind) {
    case 'web':
      return (
        // Whoever wrote the text could name another place in it. The style says where it leads, so that a copied text is what was written.
        <a
          className="link"
          href={target.href}
          {...(!namesPlace(text, target.place) && { 'data-place': target.place })}
          target="_blank"
          rel="noopener noreferrer"
        >
          {children}
        </a>
      );
    case 'message':
      return (
        <SourceChip {...target} number={mark}>
          {children}
        </SourceChip>
      );
    case 'none':
      return children;
  }
}

/** A link to a message: by its author and time or, where the worker numbered it, by its number. What it says is shown by `source-preview`, which also opens those of other rooms. */
function SourceChip({
  messageId,
  href,
  number,
  children,
}: {
  messageId: string;
  href: string;
  number?: string | null | undefined;
  children: ReactNode;
}) {
  const { describeMessage, openMessage } = use(MarkdownContext);
  const described = describeMessage(messageId);
  return (
    <a
      href={href}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || href[0] === '/') return;
        event.preventDefault();
        openMessage(messageId);
      }}
      data-source={messageId}
      {...(number && { 'aria-label': `Source ${number}${described ? `: ${described}` : ''}` })}
      className={number ? 'source' : 'message-chip'}
    >
      {number ?? described ?? children}
    </a>
  );
}
