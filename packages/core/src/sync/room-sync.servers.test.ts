import { roomSyncSuite } from './room-sync.contract.js';

roomSyncSuite('postgres', 25);
