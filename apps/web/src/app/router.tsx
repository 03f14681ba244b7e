import { createRootRoute, createRoute, createRouter, lazyRouteComponent, type RouterHistory } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import { patiently } from '../components/ui/part.js';
import { RootError } from './routes/failures.js';
import { HomeRoute } from './routes/home.js';
import { AppLayout } from './routes/layout.js';
import { RoomRoute } from './routes/room.js';

/** A screen whose code is loaded when it is first visited. */
const screen = <Code extends Record<'default', ComponentType>>(load: () => Promise<Code>) => lazyRouteComponent(() => patiently(load));

const rootRoute = createRootRoute({ errorComponent: RootError });

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    // Accept only a path of this page, so that a link cannot send someone elsewhere after signing in.
    typeof search['next'] === 'string' && /^\/(?![/\\])/.test(search['next']) ? { next: search['next'] } : {},
  component: screen(() => import('./routes/sign-in.js')),
});

const layoutRoute = createRoute({ getParentRoute: () => rootRoute, id: 'signed-in', component: AppLayout });
/** A screen behind sign-in that needs nothing but its path. */
const behindSignIn = <const Path extends string>(path: Path, load: () => Promise<Record<'default', ComponentType>>) =>
  createRoute({ getParentRoute: () => layoutRoute, path, component: screen(load) });
const homeRoute = createRoute({ getParentRoute: () => layoutRoute, path: '/', component: HomeRoute });
const roomRoute = createRoute({
  getParentRoute: () => layoutRoute,
  path: '/rooms/$roomId',
  params: { parse: ({ roomId }) => ({ roomId: roomId.toLowerCase() }) },
  // The seq of the message that the address's fragment names.
  validateSearch: ({ at }: Record<string, unknown>): { at?: number } => (typeof at === 'number' ? { at } : {}),
  component: RoomRoute,
});
const hooksRoute = behindSignIn('/rooms/$roomId/hooks', () => import('./routes/hooks.js'));
const browseRoute = behindSignIn('/browse', () => import('../features/rooms/browse-rooms.js'));

const charactersRoute = behindSignIn('/characters', () => import('./routes/characters.js'));
const searchRoute = createRoute({
  getParentRoute: () => layoutRoute,
  path: '/search',
  validateSearch: (search: Record<string, unknown>): { q?: string; room?: string } => ({
    // The router parses a query of digits as a number.
    ...(search['q'] === undefined ? {} : { q: String(search['q']) }),
    ...(typeof search['room'] === 'string' ? { room: search['room'] } : {}),
  }),
  component: screen(() => import('../features/search/search-page.js')),
});
const settingsRoute = behindSignIn('/settings', () => import('./routes/settings.js'));
const botHooksRoute = behindSignIn('/settings/bots/$username/hooks', () => import('./routes/bot-hooks.js'));
const usageRoute = behindSignIn('/usage/$of', () => import('../features/usage/usage-page.js'));
const adminRoute = behindSignIn('/admin/$part', () => import('../features/admin/admin-page.js'));
const keysRoute = behindSignIn('/settings/keys', () => import('./routes/keys.js'));

/** Any other address. */
const otherRoute = behindSignIn('$', () => import('./routes/not-found.js'));

const routeTree = rootRoute.addChildren([
  signInRoute,
  layoutRoute.addChildren([
    homeRoute,
    roomRoute,
    hooksRoute,
    browseRoute,
    charactersRoute,
    searchRoute,
    settingsRoute,
    keysRoute,
    usageRoute,
    adminRoute,
    botHooksRoute,
    otherRoute,
  ]),
]);

export function createAppRouter(history?: RouterHistory) {
  return createRouter({ routeTree, ...(history ? { history } : {}), defaultPreload: 'intent' });
}

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The room that was just left: the list of rooms may still contain it. */
    left?: string;
    /** Another value each time a link to a message is pressed, so that pressing it twice navigates twice. */
    visit?: number;
  }
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
