import { webhooksSuite } from './webhooks.contract.js';

webhooksSuite('postgres');
