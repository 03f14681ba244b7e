import { agentTasksSuite } from './agent-tasks.contract.js';

agentTasksSuite('pglite');
