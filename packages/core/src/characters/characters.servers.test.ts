import { seedInstanceSuite } from './seed-instance.contract.js';

seedInstanceSuite('postgres');
