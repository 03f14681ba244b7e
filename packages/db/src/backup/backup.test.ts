import { backupSuite, damagedBackupSuite, emptyPglite } from './backup.contract.js';

backupSuite('pglite', emptyPglite);
damagedBackupSuite();
