import { keptAnswersSuite } from './kept-answers.contract.js';

keptAnswersSuite('pglite');
