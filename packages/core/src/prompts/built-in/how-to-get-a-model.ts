/**
 * How to get more than the built-in model can do, for everyone in a room: one sentence, without its full stop. Which variables that takes is
 * told to admins, in the settings, and in the README.
 */
export const howToGetAModel = 'ask whoever runs this server to connect a language model';
