/** The frame of every page. */
import type { ComponentChildren, VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import "./islands.ts";
import { assetsFor } from "./assets.ts";
import { currentLocale, localeOf, setLocale } from "./format.ts";
import { useContext } from "preact/hooks";
import { FrameContext } from "./frame.ts";
import type { IslandName } from "./island_list.ts";
import SiteHead, { type Here } from "../islands/SiteHead.tsx";
import type { Services } from "../services.ts";

interface PageProps {
  /** The name in the browser's tab; ` · Lastmark` is added. */
  readonly title: string;
  /** The island on the page, besides that of its head. */
  readonly island?: IslandName;
  /** Which entry of the navigation this page is. */
  readonly here?: Here;
  readonly children: ComponentChildren;
}

/** A whole document around what it is given. */
export function Page({ title, island, here, children }: PageProps): VNode {
  const assets = assetsFor(island === undefined ? ["SiteHead"] : ["SiteHead", island]);
  const frame = useContext(FrameContext);
  return (
    <html lang="en" data-locale={currentLocale()}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Lastmark`}</title>
        <link rel="icon" href="/static/mark.svg" type="image/svg+xml" />
        {assets ? <link rel="stylesheet" href={assets.stylesheet} /> : null}
        {assets?.preloads.map((href) => <link key={href} rel="modulepreload" href={href} />)}
        {assets ? <script type="module" src={assets.script}></script> : null}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <SiteHead {...frame} {...(here ? { here } : {})} />
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

/** How a document is answered. */
export interface HtmlOptions {
  readonly status?: number;
  /** The request, whose `Accept-Language` says how numbers are written. */
  readonly request?: Request;
  /** What the head of the page goes by. */
  readonly services?: Pick<Services, "chains" | "clock">;
  /** The email of who is signed in. */
  readonly user?: string | undefined;
}

/** The document as an answer to a request. */
export function htmlResponse(
  document: VNode,
  { status = 200, request, services, user }: HtmlOptions = {},
): Response {
  setLocale(localeOf(request?.headers.get("accept-language") ?? null));
  const page = services === undefined ? document : (
    <FrameContext.Provider
      value={{
        agents: services.chains.agentCounts(),
        nowMs: services.clock.nowMs(),
        isLive: true,
        user: user ?? null,
      }}
    >
      {document}
    </FrameContext.Provider>
  );
  return new Response(`<!doctype html>${renderToString(page)}`, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      // Prices are of this moment.
      "Cache-Control": "no-store",
      "Vary": "Accept-Language, Cookie",
    },
  });
}
