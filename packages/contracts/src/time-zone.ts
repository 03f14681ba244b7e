/** True for a time zone that this process knows by the name: of the IANA database, or an offset such as `+05:30`. */
export function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
