/** Every icon is drawn alike: 16 px, a line of 1.75. Spread into a Lucide icon. */
export const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const;
