import { notesSuite } from './notes.contract.js';

notesSuite('pglite');
