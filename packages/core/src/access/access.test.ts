import { roomAccessSuite } from './room-access.contract.js';

roomAccessSuite('pglite');
