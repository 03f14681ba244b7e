import { moderationSuite } from './moderation.contract.js';

moderationSuite('pglite');
