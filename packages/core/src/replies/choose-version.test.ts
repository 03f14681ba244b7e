import { chooseVersionSuite } from './choose-version.contract.js';

chooseVersionSuite('pglite');
