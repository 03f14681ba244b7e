import { roomSummarySuite } from './room-summary.contract.js';

roomSummarySuite('postgres');
