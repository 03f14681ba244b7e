export type Theme = 'system' | 'light' | 'dark';

/** `public/theme.js` reads this before the first paint. */
const key = 'parley.theme';

export function currentTheme(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    if (theme === 'system') localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  } catch {
    // The browser may forbid storage; the choice then lasts until the page is reloaded.
  }
}
