import { credentialsSuite } from './credentials.contract.js';

credentialsSuite('pglite');
