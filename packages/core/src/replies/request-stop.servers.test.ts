import { requestStopSuite } from './request-stop.contract.js';

requestStopSuite('postgres');
