import { Check, Copy } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Button } from './button.js';
import { icon } from './icon.js';

interface ShownOnceProps {
  /** What is shown, as its accessible name: `Key`. */
  label: string;
  title: ReactNode;
  description: string;
  /** Of the text, so that the focus can go there. */
  id: string;
  value: string;
  onDone: () => void;
}

/** What was just made and can be seen only now. It stays on the page until it is put away, so that no slip loses it. */
export function ShownOnce({ label, title, description, id, value, onDone }: ShownOnceProps) {
  const [copied, setCopied] = useState<'no' | 'yes' | 'refused'>('no');
  const copy = () =>
    navigator.clipboard.writeText(value).then(
      () => setCopied('yes'),
      () => setCopied('refused'),
    );
  const name = label.toLowerCase();
  return (
    <section aria-label={`The new ${name}`} className="rounded-card border border-accent bg-accent-soft p-4">
      <h2 className="text-15 font-bold">{title}</h2>
      <p className="mt-1 text-14 text-ink-2">{description}</p>
      <div className="mt-3 flex gap-2 max-wide:flex-wrap">
        <input
          readOnly
          id={id}
          aria-label={label}
          value={value}
          onFocus={(event) => event.target.select()}
          className="h-10 min-w-0 flex-1 rounded-control border border-line-strong bg-surface px-3 font-mono text-13 max-wide:w-full max-wide:flex-none"
        />
        {/* Clipboard access needs a secure context; on plain http from another machine there is none. */}
        {navigator.clipboard && (
          <Button look="primary" size="large" onClick={() => void copy()}>
            {copied === 'yes' ? <Check {...icon} /> : <Copy {...icon} />}
            Copy
          </Button>
        )}
        <Button look="quiet" size="large" onClick={onDone}>
          Done
        </Button>
      </div>
      <p role="status" className="text-13 text-ink-2">
        {copied === 'yes' && <span className="mt-2 block">Copied.</span>}
        {copied === 'refused' && (
          <span className="mt-2 block">The browser did not allow copying. Select the {name} and copy it by hand.</span>
        )}
      </p>
    </section>
  );
}
