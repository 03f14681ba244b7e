export { applyCompletion, completionAt, isComplete, mentionablesOf } from './completion.js';
export { CompletionMenu } from './completion-menu.js';
export { commandsFor } from './commands-for.js';
export { Lookups } from './lookups.js';
export { insertSign } from './insert-sign.js';
