import { commands, splitCommand } from '@parley/contracts';
import { memo } from 'react';
import { Markdown } from '../../components/markdown/markdown.js';

/** A person's text: a command is shown as a chip, anything else as Markdown. */
export const MessageContent = memo(function MessageContent({ content }: { content: string }) {
  const split = splitCommand(content);
  const command = split && commands.find(({ name }) => name === split.name);
  if (!command) return <Markdown source={content} />;
  if (!command.text) return <CommandChip>{content.trim()}</CommandChip>;
  return (
    <p className="wrap-anywhere whitespace-pre-wrap">
      <CommandChip>{`/${command.name}`}</CommandChip> {split.rest}
    </p>
  );
});

function CommandChip({ children }: { children: string }) {
  return <code className="rounded-chip bg-accent-soft px-[7px] py-0.5 font-mono text-13 text-accent">{children}</code>;
}
