import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { cx } from './class-names.js';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: string;
  /** `wide` for what holds more than a short form. */
  size?: 'narrow' | 'wide';
  children: ReactNode;
}

export function Dialog({ open, onClose, title, description, size = 'narrow', children }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-20 bg-[oklch(0.2_0.01_75/0.35)] transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          className={cx(
            'fixed left-1/2 z-20 max-w-[calc(100vw-24px)] -translate-x-1/2 overflow-y-auto rounded-card border border-line bg-surface p-5 shadow-float transition-[opacity,translate] duration-150 ease-quiet outline-none data-ending-style:opacity-0 data-starting-style:translate-y-1 data-starting-style:opacity-0 max-wide:top-3 max-wide:max-h-[calc(100dvh-24px)]',
            size === 'wide' ? 'wide:top-[8vh] wide:max-h-[84vh] w-[560px]' : 'wide:top-[12vh] wide:max-h-[80vh] w-[420px]',
          )}
        >
          <Base.Title className="text-16 font-bold">{title}</Base.Title>
          {description && <Base.Description className="mt-1 text-14 text-ink-2">{description}</Base.Description>}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
