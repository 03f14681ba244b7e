import { systemFactsSuite } from './system-facts.contract.js';

systemFactsSuite('pglite');
