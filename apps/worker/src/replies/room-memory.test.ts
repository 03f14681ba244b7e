import { roomMemorySuite } from './room-memory.contract.js';

roomMemorySuite('pglite');
