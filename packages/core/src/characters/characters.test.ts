import { charactersSuite } from './characters.contract.js';
import { roomCharactersSuite } from './room-characters.contract.js';
import { seedInstanceSuite } from './seed-instance.contract.js';

seedInstanceSuite('pglite');
charactersSuite('pglite');
roomCharactersSuite('pglite');
