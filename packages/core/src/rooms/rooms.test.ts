import { manageRoomsSuite } from './manage-rooms.contract.js';
import { membersSuite } from './members.contract.js';
import { membershipChurnSuite } from './membership-churn.contract.js';
import { openDirectRoomSuite } from './open-direct-room.contract.js';
import { registerUserSuite } from './register-user.contract.js';
import { removeAccountSuite } from './remove-account.contract.js';
import { roomAccessSuite } from './room-access.contract.js';
import { roomsSuite } from './rooms.contract.js';
import { updateProfileSuite } from './update-profile.contract.js';

registerUserSuite('pglite');
roomAccessSuite('pglite');
roomsSuite('pglite');
membershipChurnSuite('pglite');
manageRoomsSuite('pglite');
membersSuite('pglite');
openDirectRoomSuite('pglite');
updateProfileSuite('pglite');
removeAccountSuite('pglite');
