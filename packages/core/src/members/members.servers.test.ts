import { invitationsSuite } from './invitations.contract.js';
import { listMembersSuite } from './list-members.contract.js';
import { membersSuite } from './members.contract.js';
import { membershipChurnSuite } from './membership-churn.contract.js';

membersSuite('postgres');
membershipChurnSuite('postgres');
invitationsSuite('postgres');
listMembersSuite('postgres');
