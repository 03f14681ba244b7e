import { minPasswordLength } from '@parley/contracts';
import { useState, type FormEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { TextField } from '../../components/ui/text-field.js';

export function PasswordForm({ username }: { username: string }) {
  const { trpc } = useClient();
  const [currentPassword, setCurrent] = useState('');
  const [newPassword, setNew] = useState('');
  const [changed, setChanged] = useState(false);
  const { busy, problem, field, call } = useCall();
  const short = newPassword !== '' && newPassword.length < minPasswordLength;
  const problemAt = (name: string) => (field === name && problem) || undefined;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (currentPassword === '' || newPassword.length < minPasswordLength) return;
    const done = await call(() => trpc.auth.changePassword.mutate({ currentPassword, newPassword }));
    setChanged(done);
    if (!done) return;
    setCurrent('');
    setNew('');
  };
  return (
    <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-4">
      {/* For password managers, which ask whose password it is. */}
      <input type="text" autoComplete="username" value={username} readOnly hidden />
      <TextField
        label="Current password"
        type="password"
        autoComplete="current-password"
        value={currentPassword}
        onChange={(event) => setCurrent(event.target.value)}
        error={problemAt('currentPassword')}
      />
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        value={newPassword}
        onChange={(event) => setNew(event.target.value)}
        error={short ? `Use at least ${minPasswordLength} characters.` : problemAt('newPassword')}
      />
      {problem && field !== 'currentPassword' && field !== 'newPassword' && (
        <p role="alert" className="text-14 text-danger">
          {problem}
        </p>
      )}
      <div className="flex items-center gap-3">
        <Button type="submit" disabled={busy || currentPassword === '' || newPassword.length < minPasswordLength}>
          Change password
        </Button>
        {changed && (
          <span role="status" className="text-13 text-ink-2">
            Changed. Your other devices have to sign in again.
          </span>
        )}
      </div>
    </form>
  );
}
