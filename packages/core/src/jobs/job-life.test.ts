import { jobLifeSuite } from './job-life.contract.js';

jobLifeSuite('pglite');
