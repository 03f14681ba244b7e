import { loadQueueSuite } from './load-queue.contract.js';

loadQueueSuite('postgres');
