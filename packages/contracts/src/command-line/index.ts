export { commands, commandView, helpText, mayCall } from './commands.js';
export { commandFiles } from '../generated/commands.js';
export type { Asked, Command, CoreCommand, ModelCommand } from './define-command.js';
export { splitCommand } from './split-command.js';
