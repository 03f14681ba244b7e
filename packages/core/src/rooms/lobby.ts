/**
 * The room every new account enters. Its id is fixed, so that processes which start at once seed it once, and registering
 * needs no search for it.
 */
export const lobbyId = '019a0000-0000-7000-8000-000000000001';
