import '../app/styles.css';
import { createMemoryHistory } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { App } from '../app/app.js';
import { createAppRouter } from '../app/router.js';
import { createFakeClient, type Scene } from './fake-client.js';

// `npm run dev -w apps/web`, then /src/testing/?scene=states&at=/browse: the page on made-up data. It is in no build.
const query = new URLSearchParams(window.location.search);
const history = createMemoryHistory({ initialEntries: [query.get('at') ?? '/'] });
createRoot(document.getElementById('root')!).render(
  <App client={createFakeClient((query.get('scene') ?? 'room') as Scene)} router={createAppRouter(history)} />,
);
