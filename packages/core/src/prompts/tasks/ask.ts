import { commandFiles } from '@parley/contracts/commands';
import { answerTask } from '../built-in/answer-task.js';
import { defineTask } from '../command-task.js';

export default defineTask(commandFiles.ask, answerTask);
