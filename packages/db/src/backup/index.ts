export { moveDatabase } from './move-database.js';
export { sayProgress } from './progress.js';
export { examineBackup, isOfThisBuild, restoreBackup } from './restore-backup.js';
export { operatorConnection } from './refuse-others.js';
export { writeBackup } from './write-backup.js';
export { copyRunningDatabase } from '../pglite-copy.js';
