import { charactersStopSuite } from './characters-stop.contract.js';

charactersStopSuite('postgres');
