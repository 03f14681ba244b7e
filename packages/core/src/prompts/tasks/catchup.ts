import { commandFiles } from '@parley/contracts/commands';
import { pointsOfRooms } from '../built-in/points-of-rooms.js';
import { defineTask } from '../command-task.js';

export default defineTask(commandFiles.catchup, {
  cites: true,

  instruct: (_task, who) =>
    `${who} asked what they missed in their rooms, which is all the messages above. For each room, under its name as a heading, give the points that matter to them ` +
    '(what was decided, what is open, who said or will do what, what they are asked) as a short Markdown list, naming people. Begin with what somebody wants of them. Keep what was said in one room apart from the others.',

  compose: pointsOfRooms,
});
