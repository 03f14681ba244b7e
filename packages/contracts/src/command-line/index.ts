// This entry is separate because the page loads at once what the root of this package exports, and can load the commands with zod later.
export { callOf } from './call-of.js';
export { commandFiles } from '../generated/commands.js';
export { commands, commandView, isOffered, mayCall } from './commands.js';
export type { Asked, Command, CoreCommand, ModelCommand } from './define-command.js';
export { helpHint, helpText } from './help-text.js';
export { parseCommand, type CommandCall, type CommandParse } from './parse-command.js';
