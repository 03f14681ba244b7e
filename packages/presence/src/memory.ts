export * from './memory-limits.js';
export * from './memory-presence.js';
