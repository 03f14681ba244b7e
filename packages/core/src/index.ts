export * from './deps.js';
export * from './quiet-log.js';
export * from './auth/index.js';
export * from './rooms/index.js';
export * from './characters/index.js';
export * from './messages/index.js';
export * from './replies/index.js';
export * from './export/index.js';
