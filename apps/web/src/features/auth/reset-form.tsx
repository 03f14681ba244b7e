import { minPasswordLength } from '@parley/contracts';
import { useState, type FormEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { Logo } from '../../components/ui/logo.js';
import { TextField } from '../../components/ui/text-field.js';

interface ResetFormProps {
  /** Of the link by which the page was opened. */
  code: string;
  /** Called with whose password was set. */
  onDone: (username: string) => void;
}

/** Sets a new password, by a link. */
export function ResetForm({ code, onDone }: ResetFormProps) {
  const { trpc } = useClient();
  const [password, setPassword] = useState('');
  const { busy, problem, field, call } = useCall();
  const short = password !== '' && password.length < minPasswordLength;
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (password.length < minPasswordLength) return;
    await call(async () => onDone((await trpc.auth.reset.mutate({ code, password })).username));
  };
  return (
    <form onSubmit={(event) => void send(event)} noValidate className="w-full max-w-[340px]">
      <div className="mb-7 flex items-center gap-2.5 text-16 font-bold">
        <Logo size={22} />
        Parley
      </div>
      <h1 className="text-22 font-bold">A new password</h1>
      <p className="mt-1.5 mb-6 text-14 text-ink-2">
        Choose one that you use nowhere else. You are then signed out wherever you were signed in.
      </p>
      <TextField
        label="New password"
        name="new-password"
        type="password"
        autoComplete="new-password"
        autoFocus
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        error={short ? `Use at least ${minPasswordLength} characters.` : field === 'password' ? (problem ?? undefined) : undefined}
      />
      {problem && field !== 'password' && (
        <p role="alert" className="mt-4 text-14 text-danger">
          {problem}
        </p>
      )}
      <div className="mt-6 flex flex-col gap-2.5">
        <Button look="primary" size="large" type="submit" disabled={busy || password.length < minPasswordLength}>
          Set password
        </Button>
      </div>
    </form>
  );
}
