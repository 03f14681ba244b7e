import { charactersSuite } from './characters.contract.js';
import { roomCharactersSuite } from './room-characters.contract.js';
import { seedInstanceSuite } from './seed-instance.contract.js';

seedInstanceSuite('postgres');
charactersSuite('postgres');
roomCharactersSuite('postgres');
