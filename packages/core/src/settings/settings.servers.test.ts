import { settingsSuite } from './settings.contract.js';

settingsSuite('postgres');
