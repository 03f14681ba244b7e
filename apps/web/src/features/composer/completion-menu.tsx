import { isBot } from '@parley/contracts';
import { CornerDownLeft } from 'lucide-react';
import { Avatar } from '../../components/ui/avatar.js';
import { cx } from '../../components/ui/class-names.js';
import { icon } from '../../components/ui/icon.js';
import type { CompletionItem } from './completion.js';

interface CompletionMenuProps {
  id: string;
  items: CompletionItem[];
  active: number;
  onHover: (index: number) => void;
  onChoose: (item: CompletionItem) => void;
}

/** The menu at the composer's upper edge. The textbox keeps the focus; `aria-activedescendant` points to the active item. */
export function CompletionMenu({ id, items, active, onHover, onChoose }: CompletionMenuProps) {
  return (
    <div
      id={id}
      role="listbox"
      aria-label={labels[items[0]!.kind]}
      className="absolute inset-x-0 bottom-full z-10 -mb-px max-h-80 animate-[rise_140ms_ease-out] overflow-y-auto rounded-card border border-line bg-surface p-1.5 shadow-float"
    >
      {items.map((item, index) => (
        <div
          key={item.insert}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          // Bots may bring more commands than the menu is high.
          ref={index === active ? (option) => option?.scrollIntoView({ block: 'nearest' }) : undefined}
          onPointerMove={() => onHover(index)}
          // Choosing must not take the focus from the textbox.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(item)}
          className={cx(
            'flex min-h-[33px] cursor-pointer flex-wrap items-center gap-x-3 rounded-control px-2.5 py-1.5 max-wide:min-h-11',
            index === active && 'bg-accent-soft',
          )}
        >
          <Line item={item} />
        </div>
      ))}
    </div>
  );
}

const labels: Record<CompletionItem['kind'], string> = {
  command: 'Commands',
  mention: 'People and characters',
  argument: 'What may follow',
};

function Line({ item }: { item: CompletionItem }) {
  switch (item.kind) {
    case 'command':
      return <CommandLine item={item} />;
    case 'mention':
      return <MentionLine item={item} />;
    case 'argument':
      return <ArgumentLine item={item} />;
  }
}

function ArgumentLine({ item: { word, help } }: { item: Extract<CompletionItem, { kind: 'argument' }> }) {
  return (
    <>
      <span className="min-w-24 shrink-0 font-mono text-13 font-bold">
        {word || <CornerDownLeft {...icon} size={14} aria-label="As it is" aria-hidden={undefined} className="text-ink-3" />}
      </span>
      <span dir="auto" className="truncate text-13 text-ink-2 max-wide:whitespace-normal">
        {help}
      </span>
    </>
  );
}

function CommandLine({ item }: { item: Extract<CompletionItem, { kind: 'command' }> }) {
  const { call, args, help, bot } = item.command;
  return (
    <>
      <span className="min-w-24 font-mono text-13 font-bold wrap-anywhere max-wide:min-w-0">/{call}</span>
      <span className="min-w-0 font-mono text-13 wrap-anywhere text-ink-3 empty:hidden">{args}</span>
      {/* Beside the rest where both fit, else in a line of its own: nothing of it is cut. */}
      <span className="ml-auto max-w-full text-13 wrap-anywhere text-ink-2 max-wide:ml-0 max-wide:w-full">
        {help}
        {bot && (
          <span className="text-ink-3">
            {' · '}
            <bdi>{bot.displayName}</bdi>, bot
          </span>
        )}
      </span>
    </>
  );
}

function MentionLine({ item }: { item: Extract<CompletionItem, { kind: 'mention' }> }) {
  const { who } = item;
  const mark = who.kind === 'character' ? 'AI' : isBot(who) ? 'bot' : null;
  return (
    <>
      <Avatar name={who.name} avatar={who.avatar} kind={who.kind} size="small" />
      <span dir="auto" className="truncate text-14 font-medium">
        {who.name}
      </span>
      <span className="min-w-12 truncate text-13 text-ink-3">@{who.handle}</span>
      {mark && <span className="ml-auto text-12 text-ink-3">{mark}</span>}
    </>
  );
}
