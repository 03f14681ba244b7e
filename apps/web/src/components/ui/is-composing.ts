import type { KeyboardEvent } from 'react';

/**
 * True while an input method uses the keys itself, for example Enter to take a word. Safari ends the composition before the key that ended
 * it is told: then only `keyCode` 229 says so (https://www.w3.org/TR/uievents/#determine-keydown-keyup-keyCode).
 */
export function isComposing({ nativeEvent, keyCode }: KeyboardEvent): boolean {
  return nativeEvent.isComposing || keyCode === 229;
}
