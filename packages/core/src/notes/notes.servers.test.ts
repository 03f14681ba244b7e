import { notesSuite } from './notes.contract.js';

notesSuite('postgres');
