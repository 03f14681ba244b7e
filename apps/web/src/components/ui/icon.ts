/** Properties for every Lucide icon: 16 px, stroke 1.75. */
export const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const;
