import { pauseAiSuite } from './pause-ai.contract.js';

pauseAiSuite('pglite');
