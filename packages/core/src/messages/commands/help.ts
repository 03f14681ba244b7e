import { commandFiles, helpText } from '@parley/contracts';
import { defineAnswer } from '../command-answer.js';

export default defineAnswer(commandFiles.help, async () => helpText());
