import { replyRunnerSuite } from './reply-runner.contract.js';

replyRunnerSuite('pglite');
