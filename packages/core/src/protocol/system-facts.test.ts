import { foldedLinesSuite } from './folded-lines.contract.js';
import { systemFactsSuite } from './system-facts.contract.js';

systemFactsSuite('pglite');
foldedLinesSuite('pglite');
