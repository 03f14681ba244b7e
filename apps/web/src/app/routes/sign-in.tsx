import { useEffect, useState } from 'react';
import { Navigate, useSearch } from '@tanstack/react-router';
import { useAuth } from '../../client/client-context.js';
import { ProviderDoors } from '../../features/auth/provider-doors.js';
import { ResetForm } from '../../features/auth/reset-form.js';
import { SignInForm } from '../../features/auth/sign-in-form.js';
import { useSignInNotice } from '../../features/connection/use-server.js';
import { keepFocus } from '../keep-focus.js';
import { Opening } from './layout.js';

export default function SignInRoute() {
  const { next } = useSearch({ from: '/sign-in' });
  const auth = useAuth();
  useEffect(keepFocus, []);
  // Whoever has a link sets a password, whoever is signed in here.
  const isReset = new URLSearchParams(location.hash.slice(1)).has('reset');
  if (auth.kind === 'signedIn' && !isReset) return <Navigate to="/" href={next ?? '/'} replace />;
  if (auth.kind === 'unknown') return <Opening />;
  return (
    <main className="grid h-dvh place-items-center overflow-y-auto bg-background px-6 py-10">
      <title>Sign in · Parley</title>
      <ProviderDoors next={next}>
        <SignIn reason={(auth.kind === 'signedOut' && auth.reason?.message) || null} />
      </ProviderDoors>
    </main>
  );
}

function SignIn({ reason }: { reason: string | null }) {
  const away = useSignInNotice();
  const [reset, setReset] = useState(() => new URLSearchParams(location.hash.slice(1)).get('reset'));
  const [username, setUsername] = useState<string>();
  if (reset === null)
    return (
      <SignInForm reason={username === undefined ? reason : 'Your password is set. Sign in with it.'} away={away} username={username} />
    );
  return (
    <ResetForm
      code={reset}
      onDone={(whose) => {
        // The link is used up, and nobody shall go back to it.
        history.replaceState(history.state, '', location.pathname);
        setUsername(whose);
        setReset(null);
      }}
    />
  );
}
