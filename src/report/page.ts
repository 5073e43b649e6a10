import { html, type Html, trusted } from "./html.ts";
import { styleSheet } from "./theme.ts";

/** A whole page that loads nothing: what differs between one and the other. */
export interface PageParts {
  readonly title: string;
  /** Of the package that made it. */
  readonly version: string;
  /** Content security policy: what its reader's browser may do with it. */
  readonly policy: string;
  readonly body: Html;
}

/** The page as a file. The same parts give the same bytes. */
export function renderPage({ title, version, policy, body }: PageParts): string {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content="${policy}" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="generator" content="Peakproof ${version}" />
      <meta name="referrer" content="no-referrer" />
      <title>${title}</title>
      <link rel="icon" href="data:," />
      ${style}
    </head>
    <body>
      ${body}
    </body>
  </html>`;
  return `<!doctype html>\n${page.text}\n`;
}

// As plain text, not as a template: a formatter may add spaces to a template.
const style = trusted(`<style>${styleSheet}</style>`);
