import { removeByAgeSuite } from './remove-by-age.contract.js';

removeByAgeSuite('postgres');
