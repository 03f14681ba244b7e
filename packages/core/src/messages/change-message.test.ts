import { changeMessageSuite } from './change-message.contract.js';

changeMessageSuite('pglite');
