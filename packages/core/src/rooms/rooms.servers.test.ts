import { roomsSuite } from './rooms.contract.js';
import { manageRoomsSuite } from './manage-rooms.contract.js';
import { openDirectRoomSuite } from './open-direct-room.contract.js';

roomsSuite('postgres');
manageRoomsSuite('postgres');
openDirectRoomSuite('postgres');
