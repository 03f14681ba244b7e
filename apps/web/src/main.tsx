import './app/styles.css';
import { createParleyClient } from '@parley/client/trpc';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.js';
import { createAppRouter } from './app/router.js';

const client = createParleyClient({ url: window.location.origin, transport: 'cookie' });
void client.auth.restore();
// Unsent messages are kept in this page alone.
window.addEventListener('beforeunload', (event) => {
  if (client.hasUnsent()) event.preventDefault();
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App client={client} router={createAppRouter()} />
  </StrictMode>,
);
