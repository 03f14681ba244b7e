import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Oklch = [lightness: number, chroma: number, hue: number];

const css = readFileSync(new URL('./styles.css', import.meta.url), 'utf8');

/** Both sides of a token of `styles.css`. */
function token(name: string): { light: Oklch; dark: Oklch } {
  const value = new RegExp(`--color-${name}: light-dark\\(oklch\\(([^)]+)\\), oklch\\(([^)]+)\\)\\)`).exec(css);
  if (!value) throw new Error(`no token ${name}`);
  const numbers = (text: string) => text.split(' ').map(Number) as Oklch;
  return { light: numbers(value[1]!), dark: numbers(value[2]!) };
}

/** Relative luminance (WCAG 2.2) of an OKLCH colour, through linear sRGB (Ottosson 2020). */
function luminance([lightness, chroma, hue]: Oklch): number {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clamp = (value: number) => Math.min(1, Math.max(0, value));
  const red = clamp(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const green = clamp(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const blue = clamp(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: Oklch, other: Oklch): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const grounds = ['background', 'surface', 'sidebar'];
const pairs = [
  ...['ink', 'ink-2', 'ink-3', 'accent', 'danger'].flatMap((ink) => grounds.map((ground) => [ink, ground] as const)),
  ['ink', 'hover'],
  ['ink-2', 'hover'],
  ['ink', 'accent-soft'],
  ['ink-2', 'accent-soft'],
  ['ink-3', 'accent-soft'],
  ['accent', 'accent-soft'],
  ['on-accent', 'accent'],
  ...['ink', 'ink-3', 'danger', 'code-word', 'code-name', 'code-value'].map((ink) => [ink, 'code'] as const),
] as const;

test.each(pairs)('%s on %s is readable at any size, light and dark (AA, 4.5:1)', (ink, ground) => {
  const one = token(ink);
  const other = token(ground);
  expect(contrast(one.light, other.light), 'light').toBeGreaterThanOrEqual(4.5);
  expect(contrast(one.dark, other.dark), 'dark').toBeGreaterThanOrEqual(4.5);
});

test.each([0, 60, 120, 178, 240, 300])('a character of hue %i and a person’s initials are readable', (hue) => {
  const background = token('background');
  expect(contrast([0.5, 0.1, hue], background.light)).toBeGreaterThanOrEqual(4.5);
  expect(contrast([0.76, 0.1, hue], background.dark)).toBeGreaterThanOrEqual(4.5);
  expect(contrast([0.38, 0.07, hue], [0.9, 0.035, hue])).toBeGreaterThanOrEqual(4.5);
  expect(contrast([0.9, 0.05, hue], [0.36, 0.045, hue])).toBeGreaterThanOrEqual(4.5);
});
