import { roomAccessSuite } from './room-access.contract.js';

roomAccessSuite('postgres');
