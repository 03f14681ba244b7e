import { sideBySideSuite } from './side-by-side.contract.js';

sideBySideSuite('postgres');
