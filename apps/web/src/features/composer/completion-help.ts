export { applyCompletion, completionAt, isComplete, mentionablesOf } from './completion.js';
export { CompletionMenu } from './completion-menu.js';
export { commandsFor } from './commands-for.js';
export { BotCommandLookup } from './bot-command-lookup.js';
export { MemberLookup } from './member-lookup.js';
export { insertSign } from './insert-sign.js';
