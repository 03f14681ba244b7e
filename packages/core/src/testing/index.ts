export * from './place-character.js';
export * from './recording-bus.js';
export * from './test-world.js';
export * from './limits.js';
