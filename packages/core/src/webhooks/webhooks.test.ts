import { webhooksSuite } from './webhooks.contract.js';

webhooksSuite('pglite');
