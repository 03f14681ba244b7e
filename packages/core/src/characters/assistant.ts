/** Ada's id is fixed, so that processes which start at once seed her once. */
export const assistantId = '019a0000-0000-7000-8000-0000000000ad';
export const assistantHandle = 'ada';
