import { commandFiles, helpText } from '@parley/contracts/commands';
import { defineAnswer } from '../command-answer.js';

export default defineAnswer(commandFiles.help, async () => helpText());
