import { roomFileSuite } from './room-file.contract.js';

roomFileSuite('postgres');
