export { makeZip } from './make-zip.js';
export { asLines, mattermostLines } from './mattermost-export.js';
export { openWebUiChats } from './open-webui-export.js';
export { slackExport } from './slack-export.js';
