export * from './close-codes.js';
export * from './commands.js';
export * from './delta-reassembler.js';
export * from './errors.js';
export * from './inbox-event.js';
export * from './inputs.js';
export * from './limits.js';
export * from './mentions.js';
export * from './permissions.js';
export * from './room-event.js';
export * from './subjects.js';
export * from './views.js';
//# sourceMappingURL=index.d.ts.map
