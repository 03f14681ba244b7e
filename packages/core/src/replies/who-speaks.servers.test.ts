import { whoSpeaksSuite } from './who-speaks.contract.js';

whoSpeaksSuite('postgres');
