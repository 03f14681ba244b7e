import { Navigate, Outlet, useLocation } from '@tanstack/react-router';
import type { AccountView } from '@parley/contracts';
import { Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { InboxContext, OnlineContext, useAuth, useConnection, useOpenInbox } from '../../client/client-context.js';
import { useMedia, wideScreen } from '../../client/use-media.js';
import { cx } from '../../components/ui/class-names.js';
import { Logo } from '../../components/ui/logo.js';
import { part } from '../../components/ui/part.js';
import { AccountBar } from '../../features/account/account-bar.js';
import { ConnectionLabel } from '../../features/connection/connection-label.js';
import { RoomsNav } from '../../features/rooms/rooms-nav.js';
import { SettingsMenu } from './settings-menu.js';
import { useJump } from './use-jump.js';

const ConnectionNotice = part(() => import('../../features/connection/connection-notice.js'));

/** Everything behind sign-in: the list of rooms beside the screen; on a phone, one or the other. */
export function AppLayout() {
  const auth = useAuth();
  const location = useLocation();
  const signedIn = useRef(false);
  switch (auth.kind) {
    case 'unknown':
      return <Opening />;
    case 'signedOut':
      // The sign-in screen is on its way, its code is still loading.
      if (location.pathname === '/sign-in') return <Opening />;
      // After a sign-out the next person must not be sent to the place where the last one was.
      const next = location.pathname === '/' || (signedIn.current && !auth.reason) ? {} : { next: location.href };
      return <Navigate to="/sign-in" search={next} replace />;
    case 'signedIn':
      signedIn.current = true;
      return <SignedIn user={auth.user} path={location.pathname} />;
  }
}

function SignedIn({ user, path }: { user: AccountView; path: string }) {
  const atHome = path === '/';
  const inbox = useOpenInbox();
  const [known, tell] = useState<readonly string[]>([]);
  const people = useMemo(() => ({ online: known, tell }), [known]);
  const jump = useJump();
  useEffect(() => {
    let stop = () => {};
    // The page works without it.
    import('../keep-focus.js').then(({ keepFocus }) => void (stop = keepFocus()), stop);
    return () => stop();
  }, []);
  const online = useConnection().kind === 'connected';
  // On a phone the list of rooms is the screen, so it is what the page is about.
  const listIsMain = !useMedia(wideScreen) && atHome;
  return (
    <InboxContext value={inbox}>
      <OnlineContext value={people}>
        <div className="flex h-dvh">
          <div
            role={listIsMain ? 'main' : undefined}
            className={cx(
              'flex w-64 shrink-0 flex-col border-r border-line bg-sidebar max-wide:w-full max-wide:border-r-0',
              !atHome && 'max-wide:hidden',
            )}
          >
            <div
              {...(listIsMain && { role: 'heading', 'aria-level': 1 })}
              className="flex h-14 shrink-0 items-center gap-2.5 px-5 text-16 font-bold"
            >
              <Logo />
              Parley
            </div>
            {jump.button}
            <RoomsNav onFindPeople={jump.findPeople} />
            {atHome && (
              <div className="wide:hidden">
                <Notice place="screen" />
              </div>
            )}
            <AccountBar user={user} online={online} status={<ConnectionLabel />} menu={<SettingsMenu />} />
          </div>
          <main className={cx('relative flex min-w-0 flex-1 flex-col', atHome && 'max-wide:hidden')}>
            <Outlet />
            {/* A room shows the notice itself, above the composer. */}
            {!path.startsWith('/rooms/') && <Notice place="screen" />}
          </main>
        </div>
        {jump.dialog}
      </OnlineContext>
    </InboxContext>
  );
}

function Notice({ place }: { place: 'screen' | 'opening' }) {
  return (
    <Suspense>
      <ConnectionNotice place={place} />
    </Suspense>
  );
}

/** Shown until it is known whether someone is signed in. It has the shape of what follows, so that nothing jumps. */
export function Opening() {
  return (
    <div role="status" aria-label="Opening Parley" className="flex h-dvh">
      <div className="flex w-64 flex-col gap-4 border-r border-line bg-sidebar px-5 py-4 max-wide:w-full">
        <span className="flex items-center gap-2.5 pb-6 text-16 font-bold">
          <Logo />
          Parley
        </span>
        <span className="skeleton h-3.5 w-24" />
        <span className="skeleton h-3.5 w-32" />
        <span className="skeleton h-3.5 w-20" />
        <Notice place="opening" />
      </div>
      <div className="flex-1 max-wide:hidden">
        <div className="h-14 border-b border-line" />
      </div>
    </div>
  );
}
