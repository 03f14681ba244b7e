import { splitCommand } from '@parley/contracts';
import { commands } from '@parley/contracts/commands';
import { Markdown } from '../../components/markdown/markdown.js';
import { CommandChip } from './command-chip.js';

/** A text that looks like a command: what the person wrote after it stands beside its name; other arguments are part of the chip. */
export default function CommandContent({ content }: { content: string }) {
  const split = splitCommand(content);
  const command = split && commands.find(({ name }) => name === split.name);
  if (!command) return <Markdown source={content} />;
  if (!command.text) return <CommandChip>{content.trim()}</CommandChip>;
  return (
    <p dir="auto" className="wrap-anywhere whitespace-pre-wrap">
      <CommandChip>{`/${command.name}`}</CommandChip> {split.rest}
    </p>
  );
}
