import { useState } from 'react';
import { Button } from '../../components/ui/button.js';

/** Codes that can be seen only now. They stay on the page until they are put away. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const [copied, setCopied] = useState(false);
  return (
    <section aria-label="Recovery codes" className="mt-3 rounded-card border border-accent bg-accent-soft p-4">
      <h3 className="text-15 font-bold">Keep these codes</h3>
      <p className="mt-1 text-14 text-ink-2">Each signs you in once if you lose your app. They are not shown again.</p>
      <ul className="mt-3 grid grid-cols-2 gap-x-6 gap-y-1 font-mono text-13 max-wide:grid-cols-1">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="mt-3 flex items-center gap-2">
        {navigator.clipboard && (
          <Button look="primary" onClick={() => void navigator.clipboard.writeText(codes.join('\n')).then(() => setCopied(true))}>
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
        <Button look="quiet" onClick={onDone}>
          I have kept them
        </Button>
      </div>
    </section>
  );
}
