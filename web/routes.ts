/**
 * The one table of routes: what answers where, and who may call it. Nothing else adds a route;
 * the tests walk this list.
 *
 * `role` is what a caller needs. `public` needs nothing, `agent` an agent's key (which opens no
 * user's route), the others a signed-in user; until there is sign-in, those are open to this
 * machine and closed elsewhere (`auth/local.ts`).
 *
 * A page module exports `handler`; `routes/_error.tsx` exports `errorPage`, which draws what went wrong.
 */
import type { Route } from "./route.ts";
import type { Handler } from "./services.ts";
import { fetchChain } from "./routes/api/fetch_chain.ts";
import { ingestChain } from "./routes/api/ingest_chain.ts";
import { getChain } from "./routes/api/chains.ts";
import { listTickers } from "./routes/api/tickers.ts";
import { agentTickers } from "./routes/api/agent_tickers.ts";
import { health, ping } from "./routes/api/health.ts";
import { live } from "./routes/api/live.ts";
import { session } from "./routes/api/session.ts";
import { builtFile, staticFile } from "./routes/files.ts";
import { handler as tickersPage } from "./routes/index.tsx";
import { handler as chainPage } from "./routes/chains/[ticker].tsx";

const toTickers: Handler = (c) => c.redirect("/", 301);

/** Every route of the server. */
export const routes: readonly Route[] = [
  { method: "GET", path: "/", role: "viewer", handler: tickersPage },
  { method: "GET", path: "/ma-options", role: "viewer", handler: toTickers },
  { method: "GET", path: "/chains/:ticker", role: "viewer", handler: chainPage },
  { method: "GET", path: "/static/*", role: "public", handler: staticFile },
  { method: "GET", path: "/_assets/*", role: "public", handler: builtFile },

  { method: "GET", path: "/ping", role: "public", handler: ping },
  { method: "GET", path: "/health", role: "public", handler: health },

  { method: "GET", path: "/api/tickers", role: "viewer", handler: listTickers },
  { method: "GET", path: "/api/chains/:ticker", role: "viewer", handler: getChain },
  {
    method: "POST",
    path: "/api/ma-options/fetch-chain",
    role: "viewer",
    handler: fetchChain,
  },
  { method: "GET", path: "/api/live", role: "viewer", handler: live },

  {
    method: "POST",
    path: "/api/price-agent/ingest-chain",
    role: "agent",
    handler: ingestChain,
  },
  {
    method: "GET",
    path: "/api/price-agent/tickers",
    role: "agent",
    handler: agentTickers,
  },
  { method: "GET", path: "/api/price-agent/session", role: "agent", handler: session },
];
