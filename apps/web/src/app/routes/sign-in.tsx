import { useEffect } from 'react';
import { Navigate, useSearch } from '@tanstack/react-router';
import { useAuth } from '../../client/client-context.js';
import { ProviderDoors } from '../../features/auth/provider-doors.js';
import { SignInForm } from '../../features/auth/sign-in-form.js';
import { useSignInNotice } from '../../features/connection/use-server.js';
import { keepFocus } from '../keep-focus.js';
import { Opening } from './layout.js';

export default function SignInRoute() {
  const { next } = useSearch({ from: '/sign-in' });
  const auth = useAuth();
  useEffect(keepFocus, []);
  if (auth.kind === 'signedIn') return <Navigate to="/" href={next ?? '/'} replace />;
  if (auth.kind === 'unknown') return <Opening />;
  return (
    <main className="grid h-dvh place-items-center overflow-y-auto bg-background px-6 py-10">
      <title>Sign in · Parley</title>
      <ProviderDoors next={next}>
        <SignIn reason={auth.reason?.message ?? null} />
      </ProviderDoors>
    </main>
  );
}

function SignIn({ reason }: { reason: string | null }) {
  return <SignInForm reason={reason} away={useSignInNotice()} />;
}
