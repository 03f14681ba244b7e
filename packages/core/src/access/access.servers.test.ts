import { roomAccessSuite } from './room-access.contract.js';
import { whoMaySuite } from './who-may.contract.js';

roomAccessSuite('postgres');
whoMaySuite('postgres');
