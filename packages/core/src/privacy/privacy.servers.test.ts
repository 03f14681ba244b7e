import { privacySuite } from './privacy.contract.js';

privacySuite('postgres');
