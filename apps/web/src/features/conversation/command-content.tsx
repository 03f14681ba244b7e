import { splitCommand } from '@parley/contracts';
import { commands } from '@parley/contracts/commands';
import { Markdown } from '../../components/markdown/markdown.js';
import { CommandChip } from './command-chip.js';

/**
 * A text that looks like a command: what the person wrote after it stands beside its name; the arguments of ours that are no text are part
 * of the chip.
 */
export default function CommandContent({ content }: { content: string }) {
  const split = splitCommand(content);
  if (!split) return <Markdown source={content} />;
  const { name, bot, rest } = split;
  const ours = bot === null && commands.find((command) => command.name === name);
  if (ours && !ours.text) return <CommandChip>{content.trim()}</CommandChip>;
  return (
    <p dir="auto" className="wrap-anywhere whitespace-pre-wrap">
      <CommandChip>{`/${name}${bot === null ? '' : `@${bot}`}`}</CommandChip> {rest}
    </p>
  );
}
