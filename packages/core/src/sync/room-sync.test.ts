import { roomSyncSuite } from './room-sync.contract.js';

roomSyncSuite('pglite', 25);
