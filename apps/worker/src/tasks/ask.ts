import { commandFiles } from '@parley/contracts/commands';
import { answerTask } from '../models/built-in/answer-task.js';
import { defineTask } from '../models/command-task.js';

export default defineTask(commandFiles.ask, answerTask);
