import { invitationsSuite } from './invitations.contract.js';
import { membersSuite } from './members.contract.js';
import { membershipChurnSuite } from './membership-churn.contract.js';

membersSuite('pglite');
membershipChurnSuite('pglite');
invitationsSuite('pglite');
