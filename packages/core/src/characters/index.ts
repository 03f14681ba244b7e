export * from './assistant.js';
export * from './seed-instance.js';
