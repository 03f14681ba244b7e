import { useState, type FormEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { Logo } from '../../components/ui/logo.js';
import { TextField } from '../../components/ui/text-field.js';

/** The second step of a sign-in. @param step what the first one ended with */
export function CodeStep({ step, onBack }: { step: string; onBack: () => void }) {
  const { auth, trpc } = useClient();
  const [code, setCode] = useState('');
  const [lost, setLost] = useState(false);
  const { busy, problem, call } = useCall();
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (code.trim() === '') return;
    const done = await call(() => trpc.auth.code.mutate({ step, code, transport: 'cookie' }));
    if (done) await auth.restore();
    else setCode('');
  };
  return (
    <form onSubmit={(event) => void send(event)} noValidate className="w-full max-w-[340px]">
      <div className="mb-7 flex items-center gap-2.5 text-16 font-bold">
        <Logo size={22} />
        Parley
      </div>
      <h1 className="text-22 font-bold">{lost ? 'Recovery code' : 'One more step'}</h1>
      <p className="mt-1.5 mb-6 text-14 text-ink-2">
        {lost
          ? 'Type one of the codes that you kept when you turned this on. Each is good once.'
          : 'Type the six digits that your app shows for Parley now.'}
      </p>
      <TextField
        key={String(lost)}
        label={lost ? 'Recovery code' : 'Code'}
        name="code"
        autoComplete={lost ? 'off' : 'one-time-code'}
        inputMode={lost ? 'text' : 'numeric'}
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        maxLength={40}
        value={code}
        onChange={(event) => setCode(event.target.value)}
        error={problem ?? undefined}
      />
      <div className="mt-6 flex flex-col gap-2.5">
        <Button look="primary" size="large" type="submit" disabled={busy || code.trim() === ''}>
          {busy ? 'Signing in…' : 'Sign in'}
        </Button>
        <Button look="quiet" size="large" onClick={() => setLost(!lost)}>
          {lost ? 'Use the app' : 'Use a recovery code'}
        </Button>
        <Button look="quiet" size="large" onClick={onBack}>
          Back
        </Button>
      </div>
    </form>
  );
}
