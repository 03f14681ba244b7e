import { Popover } from '@base-ui/react/popover';
import { useState, type FormEvent, type RefObject } from 'react';
import { asEmoji } from './as-emoji.js';

const frequent = ['👍', '❤️', '😂', '🎉', '👀', '🙏', '✅', '🚀', '🤔', '😮', '😢', '👏'];

interface EmojiPopoverProps {
  anchor: RefObject<HTMLElement | null>;
  onPick: (emoji: string) => void;
  onClose: () => void;
}

/** A dozen frequent emoji, and a field for any other, since every keyboard has a picker. */
export default function EmojiPopover({ anchor, onPick, onClose }: EmojiPopoverProps) {
  const [text, setText] = useState('');
  const [refused, setRefused] = useState(false);
  const pick = (emoji: string) => {
    onPick(emoji);
    onClose();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const emoji = asEmoji(text);
    if (emoji) pick(emoji);
    else setRefused(true);
  };
  return (
    <Popover.Root open onOpenChange={(open) => !open && onClose()}>
      <Popover.Portal>
        <Popover.Positioner anchor={anchor} side="bottom" align="end" sideOffset={6} className="z-20">
          <Popover.Popup
            aria-label="Choose an emoji"
            className="w-62 rounded-card border border-line bg-surface p-2 shadow-float outline-none"
          >
            <div className="grid grid-cols-6">
              {frequent.map((emoji) => (
                <button
                  key={emoji}
                  type="button"
                  aria-label={emoji}
                  onClick={() => pick(emoji)}
                  className="grid h-9 place-items-center rounded-control text-[1.125rem] hover:bg-hover max-wide:h-11"
                >
                  {emoji}
                </button>
              ))}
            </div>
            <form onSubmit={onSubmit} className="mt-2">
              <input
                aria-label="Any other emoji"
                aria-invalid={refused || undefined}
                placeholder="Any other emoji"
                value={text}
                onChange={(event) => {
                  setText(event.target.value);
                  setRefused(false);
                }}
                className="h-9 w-full rounded-control border border-line-strong bg-background px-2.5 text-14 outline-none focus:border-accent max-wide:text-16"
              />
              {refused && (
                <p role="alert" className="mt-1.5 px-0.5 text-13 text-danger">
                  One emoji, please.
                </p>
              )}
            </form>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
