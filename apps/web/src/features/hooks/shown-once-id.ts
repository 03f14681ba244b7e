/** Where the focus goes once something is made that is shown only once. */
export const shownOnceId = 'shown-once';
