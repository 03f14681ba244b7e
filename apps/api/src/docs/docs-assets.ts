import { referenceStyles } from '../rest/reference-styles.js';

/** How the documents look: as the reference does, and what running text needs besides. */
export const docsStyles = `${referenceStyles}
main { padding-bottom: 64px; }
main p, main li { overflow-wrap: break-word; }
h2, h3 { scroll-margin-top: 16px; }
h3 { margin: 24px 0 8px; font-size: 15px; font-weight: 640; }
h2 > a, h3 > a { color: inherit; text-decoration: none; }
h2 > a:hover, h3 > a:hover { text-decoration: underline; }
nav li li a { padding-left: 20px; font-size: 13px; }
nav a[aria-current] { color: var(--ink); font-weight: 560; }
p code, li code, td code, th code { padding: 1px 4px; border-radius: 4px; background: var(--hover); overflow-wrap: anywhere; }
.table { overflow-x: auto; }
.table td:first-child code { white-space: nowrap; }
.table table { min-width: 480px; }
.table td:nth-child(2) { white-space: normal; }
.index { list-style: none; padding: 0; }
.index li { padding: 12px 0; border-top: 1px solid var(--line); }
.index a { font-weight: 560; }
.index p { margin: 2px 0 0; color: var(--ink-2); font-size: 14px; }
figure { position: relative; margin: 8px 0; }
figure pre { max-height: none; }
.copy {
  position: absolute; top: 6px; right: 6px; min-height: 28px; padding: 2px 10px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--background); color: var(--ink-2); font: 560 12px/1.6 'Hanken Grotesk', system-ui, sans-serif; cursor: pointer;
}
.copy:hover { background: var(--hover); color: var(--ink); }
@media (hover: hover) and (min-width: 761px) {
  .copy { opacity: 0; }
  figure:hover .copy, .copy:focus-visible { opacity: 1; }
}
@media (max-width: 760px) {
  nav ul ul { display: none; }
  figure .copy { position: static; display: block; margin: 4px 0 0 auto; }
}
`;

/**
 * Gives each piece of code a button that copies it. A page that came by plain http from another machine may not write to the clipboard: there
 * the code is selected, for the person to copy.
 */
export const copyScript = `for (const figure of document.querySelectorAll('figure.code')) {
  const code = figure.querySelector('code');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.setAttribute('aria-live', 'polite');
  const say = (text) => {
    button.textContent = text;
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  };
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      say('Copied');
    } catch {
      getSelection().selectAllChildren(code);
      say('Selected');
    }
  });
  figure.append(button);
}
`;
