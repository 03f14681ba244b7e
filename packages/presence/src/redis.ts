export * from './redis-connection.js';
export * from './redis-limits.js';
export * from './redis-presence.js';
