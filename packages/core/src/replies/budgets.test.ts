import { budgetsSuite } from './budgets.contract.js';

budgetsSuite('pglite');
