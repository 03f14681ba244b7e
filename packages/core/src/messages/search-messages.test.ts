import { searchMessagesSuite } from './search-messages.contract.js';

searchMessagesSuite('pglite');
