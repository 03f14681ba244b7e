import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';

const labels = { idle: 'Copy code', copied: 'Copied', refused: 'The browser did not allow copying' };

export default function CopyButton({ text }: { text: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 1600);
    return () => clearTimeout(timer);
  }, [state]);
  // Clipboard access needs a secure context; on plain http from another machine there is none.
  if (typeof navigator === 'undefined' || !navigator.clipboard) return null;
  return (
    <button
      type="button"
      aria-label={labels[state]}
      onClick={() =>
        void navigator.clipboard.writeText(text).then(
          () => setState('copied'),
          () => setState('refused'),
        )
      }
      className="absolute top-1.5 right-1.5 grid size-7 place-items-center rounded-control border border-line bg-surface text-ink-2 opacity-0 transition-opacity group-hover/code:opacity-100 hover:text-ink focus-visible:opacity-100 pointer-coarse:size-10 pointer-coarse:not-group-focus-within/row:pointer-events-none pointer-coarse:group-focus-within/row:opacity-100"
    >
      {state === 'copied' ? <Check size={14} strokeWidth={1.75} /> : <Copy size={14} strokeWidth={1.75} />}
    </button>
  );
}
