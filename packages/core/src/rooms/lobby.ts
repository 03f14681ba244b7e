/**
 * The room that every new account enters. Its id is fixed, so that processes that start at the same moment make only one Lobby, and
 * registering needs no search for it.
 */
export const lobbyId = '019a0000-0000-7000-8000-000000000001';
