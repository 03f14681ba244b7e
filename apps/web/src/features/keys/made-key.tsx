import type { MadeKey } from '@parley/contracts';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';

/** Where the focus goes once a key is made. */
export const madeKeyId = 'made-key';

/** A key that was just made, the only time it can be seen. It stays on the page until it is put away, so that no slip loses it. */
export function MadeKeyCard({ made: { name, key }, onDone }: { made: MadeKey; onDone: () => void }) {
  const [copied, setCopied] = useState<'no' | 'yes' | 'refused'>('no');
  const copy = () =>
    navigator.clipboard.writeText(key).then(
      () => setCopied('yes'),
      () => setCopied('refused'),
    );
  return (
    <section aria-label="The new key" className="rounded-card border border-accent bg-accent-soft p-4">
      <h2 className="text-15 font-bold">
        “<bdi>{name}</bdi>” is made
      </h2>
      <p className="mt-1 text-14 text-ink-2">
        Copy the key now: it is shown only this once. Keep it as you keep a password; if it is lost, revoke it and make another.
      </p>
      <div className="mt-3 flex gap-2 max-wide:flex-wrap">
        <input
          readOnly
          id={madeKeyId}
          aria-label="Key"
          value={key}
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
        {copied === 'refused' && <span className="mt-2 block">The browser did not allow copying. Select the key and copy it by hand.</span>}
      </p>
    </section>
  );
}
