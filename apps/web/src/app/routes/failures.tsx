import type { ErrorComponentProps } from '@tanstack/react-router';
import { Button } from '../../components/ui/button.js';
import { Notice } from '../../components/ui/notice.js';

/** Shown when the page itself failed. What was written is on the server or in the draft, so opening the page again is safe. */
export function RootError({ error }: ErrorComponentProps) {
  return (
    <main className="flex h-dvh">
      <Notice heading="h1" title="The page stumbled" action={<Button onClick={() => window.location.reload()}>Reload</Button>}>
        {sentence(error)}
      </Notice>
    </main>
  );
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return 'Something unexpected went wrong.';
  // Each browser words this error differently and includes an address, so do not show it.
  return /\bmodule\b/.test(error.message) ? 'A part of it could not be loaded. The server may have a newer one.' : error.message;
}
