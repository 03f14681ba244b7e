import type { ErrorComponentProps } from '@tanstack/react-router';
import { Button } from '../../components/ui/button.js';
import { Notice } from '../../components/ui/notice.js';

/** The page itself failed. What was written is on the server or in the draft, so opening it again is safe. */
export function RootError({ error }: ErrorComponentProps) {
  return (
    <main className="flex h-dvh">
      <Notice title="The page stumbled" action={<Button onClick={() => window.location.reload()}>Reload</Button>}>
        {error instanceof Error ? error.message : 'Something unexpected went wrong.'}
      </Notice>
    </main>
  );
}
