import { splitCommand } from '@parley/contracts';
import { memo, Suspense } from 'react';
import { Markdown } from '../../components/markdown/markdown.js';
import { part } from '../../components/ui/part.js';
import { CommandChip } from './command-chip.js';

const CommandContent = part(() => import('./command-content.js'));

/** A person's text: a command is shown as a chip, anything else as Markdown. */
export const MessageContent = memo(function MessageContent({ content }: { content: string }) {
  if (!splitCommand(content)) return <Markdown source={content} />;
  return (
    <Suspense fallback={<CommandChip>{content.trim()}</CommandChip>}>
      <CommandContent content={content} />
    </Suspense>
  );
});
