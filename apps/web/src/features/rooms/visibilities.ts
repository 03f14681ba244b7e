/** Who can find and join a room. */
export const visibilities = [
  { value: 'public', label: 'Public', means: 'Anyone here can find and join it.' },
  { value: 'private', label: 'Private', means: 'Only its members know of it.' },
] as const;
