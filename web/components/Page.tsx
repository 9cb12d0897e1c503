/** The frame of every page. */
import type { ComponentChildren, VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import "./islands.ts";
import { assetsFor } from "./assets.ts";
import type { IslandName } from "./island_list.ts";

interface PageProps {
  /** The name in the browser's tab; ` · Lastmark` is added. */
  readonly title: string;
  /** The island on the page; a page without one loads no script. */
  readonly island?: IslandName;
  /** Which entry of the navigation this page is. */
  readonly here?: "tickers";
  readonly children: ComponentChildren;
}

/** A whole document around what it is given. */
export function Page({ title, island, here, children }: PageProps): VNode {
  const assets = assetsFor(island);
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Lastmark`}</title>
        <link rel="icon" href="/static/mark.svg" type="image/svg+xml" />
        {assets ? <link rel="stylesheet" href={assets.stylesheet} /> : null}
        {assets?.preloads.map((href) => <link key={href} rel="modulepreload" href={href} />)}
        {assets?.script === undefined ? null : <script type="module" src={assets.script}></script>}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <a class="brand" href="/">Lastmark</a>
          <nav aria-label="Pages">
            <a href="/" aria-current={here === "tickers" ? "page" : undefined}>Tickers</a>
          </nav>
        </header>
        {assets ? null : <NotBuilt />}
        <main id="main">{children}</main>
      </body>
    </html>
  );
}

/** Prices can be read without styles and scripts, so a missing build does not hide them. */
function NotBuilt() {
  return (
    <p>
      Styles and live updates are missing, because the browser’s part is not built: run{" "}
      <code>deno task build</code>
    </p>
  );
}

/** The document as an answer to a request. */
export function htmlResponse(document: VNode, status = 200): Response {
  return new Response(`<!doctype html>${renderToString(document)}`, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      // Prices are of this moment.
      "Cache-Control": "no-store",
    },
  });
}
