/** How the reference looks: the colours of the page, its measure and its type, with the fonts that the system has. */
export const referenceStyles = `:root {
  color-scheme: light dark;
  --background: light-dark(oklch(0.988 0.004 90), oklch(0.205 0.007 75));
  --surface: light-dark(oklch(1 0 0), oklch(0.24 0.008 75));
  --sidebar: light-dark(oklch(0.966 0.006 90), oklch(0.178 0.007 75));
  --line: light-dark(oklch(0.915 0.007 90), oklch(0.285 0.008 75));
  --ink: light-dark(oklch(0.245 0.012 75), oklch(0.925 0.008 85));
  --ink-2: light-dark(oklch(0.47 0.012 75), oklch(0.735 0.01 85));
  --hover: light-dark(oklch(0.945 0.007 90), oklch(0.265 0.008 75));
  --accent: light-dark(oklch(0.47 0.085 178), oklch(0.78 0.095 178));
  --danger: light-dark(oklch(0.53 0.16 35), oklch(0.74 0.13 45));
}
* { box-sizing: border-box; }
body {
  margin: 0; display: grid; grid-template-columns: 256px minmax(0, 1fr);
  background: var(--background); color: var(--ink);
  font: 15px/1.55 'Hanken Grotesk', system-ui, sans-serif;
}
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 20px 12px; background: var(--sidebar); border-right: 1px solid var(--line); }
nav .name { display: block; padding: 4px 8px 12px; font-weight: 640; color: var(--ink); text-decoration: none; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: 4px 8px; border-radius: 8px; color: var(--ink-2); text-decoration: none; }
nav li a:hover { background: var(--hover); color: var(--ink); }
main { max-width: 824px; width: 100%; padding: 32px; }
h1 { margin: 0 0 8px; font-size: 22px; font-weight: 640; }
h2 { margin: 32px 0 8px; font-size: 16px; font-weight: 640; }
section { scroll-margin-top: 16px; }
details { border-top: 1px solid var(--line); }
section details:last-child { border-bottom: 1px solid var(--line); }
summary { padding: 8px 4px; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: var(--hover); }
.method { display: inline-block; min-width: 56px; font: 560 12px/1.6 ui-monospace, monospace; color: var(--ink-2); }
.method.post, .method.put, .method.patch { color: var(--accent); }
.method.delete { color: var(--danger); }
code, pre { font: 13px/1.6 ui-monospace, monospace; }
.path { font-weight: 560; overflow-wrap: anywhere; }
.does { display: block; padding-left: 60px; color: var(--ink-2); font-size: 14px; }
.inside { padding: 4px 4px 20px 60px; }
.inside p { margin: 8px 0; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; overflow-wrap: anywhere; }
td:nth-child(2) { white-space: nowrap; }
thead th { color: var(--ink-2); font-size: 12px; }
pre { margin: 8px 0; padding: 12px; max-height: 360px; overflow: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); }
@media (max-width: 760px) {
  body { display: block; }
  nav { position: static; height: auto; padding: 12px 16px; border-right: 0; border-bottom: 1px solid var(--line); }
  nav .name { padding: 0 0 8px; }
  nav ul { display: flex; flex-wrap: wrap; gap: 4px 12px; }
  nav li a { padding: 2px 0; }
  main { padding: 20px 16px 32px; }
  .does, .inside { padding-left: 4px; }
}
`;
