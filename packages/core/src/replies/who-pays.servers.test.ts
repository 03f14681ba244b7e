import { whoPaysSuite } from './who-pays.contract.js';

whoPaysSuite('postgres');
