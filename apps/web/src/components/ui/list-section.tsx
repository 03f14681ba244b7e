import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './button.js';
import { icon } from './icon.js';

interface ListSectionProps {
  title: string;
  /** The text of the button that makes another. */
  action: string;
  /** Null where the user may make none. */
  onAction: (() => void) | null;
  children: ReactNode;
}

/** A list of what a page makes and keeps, with the button that makes another. */
export function ListSection({ title, action, onAction, children }: ListSectionProps) {
  return (
    <section aria-label={title}>
      <div className="flex items-center justify-between border-b border-line pb-1.5">
        <h2 className="text-15 font-bold">{title}</h2>
        {onAction && (
          <Button onClick={onAction}>
            <Plus {...icon} />
            {action}
          </Button>
        )}
      </div>
      {children}
    </section>
  );
}
