import { useState, type FormEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { TextField } from '../../components/ui/text-field.js';

/** For admins: disables and enables accounts. */
export function AccountsAdmin() {
  const { trpc } = useClient();
  const [username, setUsername] = useState('');
  const [said, setSaid] = useState<string | null>(null);
  const { busy, problem, call } = useCall();
  const name = username.trim().replace(/^@/, '');
  const change = async (to: 'disable' | 'enable') => {
    if (name === '') return;
    setSaid(null);
    if (!(await call(() => trpc.users[to].mutate({ username: name })))) return;
    setSaid(to === 'disable' ? `@${name} is signed out and disabled.` : `@${name} may sign in again.`);
    setUsername('');
  };
  const disable = (event: FormEvent) => {
    event.preventDefault();
    void change('disable');
  };
  return (
    <form onSubmit={disable} noValidate className="flex flex-col gap-4">
      <p className="text-14 text-ink-2">A disabled account is signed out everywhere at once and cannot sign in. What it said stays.</p>
      <TextField
        label="Whose account"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="@username"
        value={username}
        onChange={(event) => setUsername(event.target.value)}
        error={problem ?? undefined}
      />
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" look="danger" disabled={busy || name === ''}>
          Disable account
        </Button>
        <Button disabled={busy || name === ''} onClick={() => void change('enable')}>
          Enable again
        </Button>
        {said && (
          <span role="status" className="text-13 text-ink-2">
            {said}
          </span>
        )}
      </div>
    </form>
  );
}
