const key = 'parley.room';

/** The room last open on this device. */
export const lastRoom = {
  read(): string | null {
    try {
      return localStorage.getItem(key);
    } catch {
      // The browser may forbid storage; then the first room opens.
      return null;
    }
  },
  write(roomId: string): void {
    try {
      localStorage.setItem(key, roomId);
    } catch {
      // See read().
    }
  },
};
