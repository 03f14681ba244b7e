import { loadRoomSuite } from './load-room.contract.js';

loadRoomSuite('postgres');
