/** Only the interfaces. The adapters are behind `@parley/presence/memory` and `@parley/presence/redis`, which only a `main.ts` imports. */
export type * from './limits.js';
export type * from './presence.js';
