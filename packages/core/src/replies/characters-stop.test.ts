import { charactersStopSuite } from './characters-stop.contract.js';

charactersStopSuite('pglite');
