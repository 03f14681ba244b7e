import { parseCommand } from '@parley/contracts';
import { memo } from 'react';
import { Markdown } from '../../components/markdown/markdown.js';

/** A person's text: a command is shown as a chip, anything else as Markdown. */
export const MessageContent = memo(function MessageContent({ content }: { content: string }) {
  const parsed = parseCommand(content);
  if (parsed.kind !== 'command') return <Markdown source={content} />;
  if (parsed.command.name !== 'ask') return <CommandChip>{content.trim()}</CommandChip>;
  return (
    <p className="wrap-anywhere whitespace-pre-wrap">
      <CommandChip>/ask</CommandChip> {parsed.command.question}
    </p>
  );
});

function CommandChip({ children }: { children: string }) {
  return <code className="rounded-chip bg-accent-soft px-[7px] py-0.5 font-mono text-13 text-accent">{children}</code>;
}
