import Bowser from 'bowser';

/** The longest name of a device. */
const maxLength = 60;

/**
 * Names a device for its owner, such as `Firefox on Windows`: by what it calls itself, which anybody may make up. A program that is no browser is named by the
 * first word, such as `curl/8.5`.
 *
 * @returns null for a device that says nothing
 */
export function deviceName(userAgent: string | null): string | null {
  if (!userAgent) return null;
  const { browser, os } = Bowser.parse(userAgent);
  // Bowser takes the first word of what it does not know for the name of a browser.
  if (browser.name && os.name) return `${browser.name} on ${os.name}`.slice(0, maxLength);
  return userAgent.split(' ', 1)[0]!.slice(0, maxLength);
}
