/**
 * A bare page on the same stack, for the benchmark of pages: Hono, Preact and Deno's server draw the
 * same table of the same contracts, which lie in memory. No database, no fold, no flags, no island.
 *
 *     bare_page_server.tsx FILE    the contracts as the API answers them
 *
 * It prints `{"port": …}` and ends when its standard input is closed.
 */
import { Hono } from "hono";
import { renderToString } from "preact-render-to-string";
import { endOfProgram } from "../../base/lifetime.ts";
import { chainAnswerSchema } from "../../options/wire/chain.ts";
import { contractOfRow } from "../client/rows.ts";
import { ChainTable } from "../components/chain/ChainTable.tsx";
import { COLUMNS, fieldsOf } from "../components/chain/columns.ts";
import { sectionsOf } from "../components/chain/sections.ts";
import { PageClockContext, stillClock } from "../components/clock.ts";

const path = Deno.args[0];
if (path === undefined) throw new Error("Name the file of the contracts.");
const chain = chainAnswerSchema.parse(JSON.parse(await Deno.readTextFile(path)));
const [section] = sectionsOf(
  chain.contracts.map((row) => contractOfRow(row, fieldsOf(COLUMNS), null)),
);
if (!section) throw new Error("The chain has no contract.");

const app = new Hono();
app.get("/", () => {
  const page = renderToString(
    <html lang="en">
      <head>
        <title>bare</title>
      </head>
      <body>
        <PageClockContext.Provider value={stillClock(Date.now())}>
          <ChainTable
            id="bare"
            rows={section.rows}
            columns={COLUMNS}
            spot={chain.spotPrice}
            band={null}
            caption="bare"
          />
        </PageClockContext.Provider>
      </body>
    </html>,
  );
  return new Response(`<!doctype html>${page}`, {
    headers: { "Content-Type": "text/html; charset=utf-8" },
  });
});

const ending = endOfProgram({ lifeline: true });
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  automaticCompression: true,
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, app.fetch);
ending.addEventListener("abort", () => Deno.exit(0));
