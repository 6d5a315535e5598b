import { html } from 'hono/html';

/** HTML whose text is escaped. */
export type Html = ReturnType<typeof html>;

/** Renders a whole page around its content. */
export function renderPage(title: string, content: Html | readonly Html[]): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
:root { color-scheme: light dark; --tint: color-mix(in srgb, currentColor 8%, transparent); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; }
code, pre { font: 0.92em/1.45 ui-monospace, monospace; }
pre { background: var(--tint); padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
td, th { padding: 0.15rem 1rem 0.15rem 0; text-align: left; vertical-align: top; }
nav a { margin-right: 1rem; }
.label { border: 1px solid; border-radius: 1rem; padding: 0 0.6rem; opacity: 0.75; }
.quiet { opacity: 0.7; }
.diff span { display: block; }
.diff .added { background: color-mix(in srgb, green 18%, transparent); }
.diff .removed { background: color-mix(in srgb, red 16%, transparent); }
.diff .hunk { opacity: 0.65; }
.diff .file { font-weight: bold; margin-top: 1rem; }
</style>
</head>
<body><h1>${title}</h1>${content}</body>
</html>`;
}

/** Renders a command for copying. */
export function renderCommand(command: string): Html {
  return html`<pre><code>${command}</code></pre>`;
}

const LINE_CLASSES: readonly (readonly [RegExp, string])[] = [
  [/^diff --git /, 'file'],
  [/^(?:---|\+\+\+|index |new file|deleted file|similarity|rename |old mode|new mode)/, 'hunk'],
  [/^@@/, 'hunk'],
  [/^\+/, 'added'],
  [/^-/, 'removed'],
];

/** Renders a patch with a class for each kind of line. */
export function renderPatch(patch: string): Html {
  const lines = patch.trimEnd().split('\n');
  const spans = lines.map((line) => {
    const className = LINE_CLASSES.find(([pattern]) => pattern.test(line))?.[1] ?? '';
    return html`<span class="${className}">${line === '' ? ' ' : line}</span>`;
  });
  return html`<pre class="diff">${spans}</pre>`;
}
