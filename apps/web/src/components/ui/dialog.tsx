import { Dialog as Base } from '@base-ui/react/dialog';
import { useRef, useState, type FocusEvent, type ReactNode } from 'react';
import { Button } from './button.js';
import { cx } from './class-names.js';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  /** Called when it has closed by `open`, once nothing of it is to be seen and the focus is where it goes. */
  onClosed?: (() => void) | undefined;
  title: ReactNode;
  description?: string;
  /** `wide` for what holds more than a short form. */
  size?: 'narrow' | 'wide';
  /** What gets the focus after it is closed, instead of what had it before; that all the same if it gives null. */
  next?: (() => HTMLElement | null) | undefined;
  children: ReactNode;
}

/**
 * A dialog. Escape, or a press outside, asks first whether to discard what was filled in a form of it; its own *Cancel* means it and does not
 * ask.
 */
export function Dialog({ open, onClose, onClosed, title, description, size = 'narrow', next, children }: DialogProps) {
  const [asking, setAsking] = useState(false);
  // Read while it opens: a field in it with `autoFocus` has the focus before the library looks.
  const [before, setBefore] = useState({ open, focused: document.activeElement });
  if (before.open !== open) setBefore({ open, focused: open ? document.activeElement : before.focused });
  const giveBack = () => {
    const { focused } = before;
    return focused instanceof HTMLElement && focused.isConnected && focused !== document.body ? focused : true;
  };
  /** What the forms held when the user first came into them. */
  const untouched = useRef(new Map<HTMLFormElement, string>());
  const remember = ({ target }: FocusEvent) => {
    const form = target.closest('form');
    if (form && !untouched.current.has(form)) untouched.current.set(form, heldBy(form));
  };
  const leave = () => {
    if ([...untouched.current].some(([form, held]) => form.isConnected && heldBy(form) !== held)) setAsking(true);
    else onClose();
  };
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && leave()} onOpenChangeComplete={(shown) => !shown && onClosed?.()}>
      <Base.Portal>
        <Base.Backdrop
          // Also over the dialog that a question is asked about: the two would look like one, cut in half.
          forceRender
          className="fixed inset-0 z-20 bg-[oklch(0.2_0.01_75/0.35)] transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0"
        />
        <Base.Popup
          onFocusCapture={remember}
          finalFocus={() => next?.() ?? giveBack()}
          className={cx(
            'fixed left-1/2 z-20 max-w-[calc(100vw-24px)] -translate-x-1/2 scroll-pb-20 overflow-y-auto rounded-card border border-line bg-surface p-5 shadow-float transition-[opacity,translate] duration-150 ease-quiet outline-none data-ending-style:opacity-0 data-starting-style:translate-y-1 data-starting-style:opacity-0 max-wide:top-3 max-wide:max-h-[calc(100dvh-24px)] data-nested:top-[22vh]! data-nested:w-[340px]! data-nested:max-h-[76vh]!',
            size === 'wide' ? 'wide:top-[8vh] wide:max-h-[84vh] w-[560px]' : 'wide:top-[12vh] wide:max-h-[80vh] w-[420px]',
          )}
        >
          <Base.Title className="text-16 font-bold">{title}</Base.Title>
          {description && <Base.Description className="mt-1 text-14 text-ink-2">{description}</Base.Description>}
          {children}
          {asking && (
            <Dialog open onClose={() => setAsking(false)} title="Discard what you wrote?">
              <div className="mt-5 flex justify-end gap-2">
                <Button look="quiet" onClick={() => setAsking(false)}>
                  Keep writing
                </Button>
                <Button look="danger" onClick={onClose}>
                  Discard
                </Button>
              </div>
            </Dialog>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** Everything that is filled in or chosen in a form, as one text to compare. */
function heldBy({ elements }: HTMLFormElement): string {
  return [...elements]
    .map((each) => (each instanceof HTMLInputElement && /radio|checkbox/.test(each.type) ? each.checked : 'value' in each && each.value))
    .join('\n');
}
