import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run dev` finds the API. The page itself always talks to its own origin. */
const api = `http://127.0.0.1:${process.env['PORT'] ?? 3000}`;

export default defineConfig({
  plugins: [react(), tailwindcss()],
  // Workspace packages from their sources: no build between an edit and the page, and unused exports fall away.
  resolve: { conditions: ['parley-source', 'module', 'browser', 'development|production'] },
  server: {
    proxy: {
      '/trpc': { target: api, ws: true },
      '/health': api,
    },
  },
  build: {
    target: ['chrome123', 'firefox121', 'safari17.5'],
    modulePreload: { polyfill: false },
    // Never an inlined script or data: asset, so that the page runs under `default-src 'self'`.
    assetsInlineLimit: 0,
    // `npm run size` reads which chunks the first screen needs.
    manifest: true,
    rolldownOptions: {
      // Schemas nobody here parses with are not worth their weight: a `z.…()` call has no side effect.
      treeshake: { manualPureFunctions: ['z'] },
    },
  },
});
