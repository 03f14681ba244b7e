export { exportAccount } from './export-account.js';
export { exportRoom } from './export-room.js';
export { importRoom, type ImportedRoom } from './import-room.js';
