import { replyRunnerSuite } from './reply-runner.contract.js';

replyRunnerSuite('postgres');
