import { schemaSuite } from './schema.contract.js';

schemaSuite('postgres');
