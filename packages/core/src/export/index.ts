export { exportAccount } from './export-account.js';
export { exportRoom } from './export-room.js';
export { importRoom } from './import-room.js';
