// An entry of its own: what the root of this package exports is in what the page loads at once, and the commands with zod need not be.
export { commandFiles } from '../generated/commands.js';
export { commands, commandView, mayCall } from './commands.js';
export type { Asked, Command, CoreCommand, ModelCommand } from './define-command.js';
export { helpText } from './help-text.js';
export { parseCommand, type CommandCall } from './parse-command.js';
