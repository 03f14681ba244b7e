// Runs before the first paint, so that a chosen theme never flashes the other one. A file of its own, because the
// page allows no inline script. `features/theme/theme.ts` writes the same key.
try {
  const theme = localStorage.getItem('parley.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then the system's choice holds.
}
