/**
 * The one table of routes: what answers where, and who may call it. Nothing else adds a route;
 * the tests walk this list.
 *
 * `role` is what a caller needs. `public` needs nothing, `agent` an agent's key (which opens no
 * user's route), the others a user who has signed in; without sign-in those are open to this
 * machine and closed elsewhere (`auth/local.ts`).
 *
 * `api` is how a call describes itself: the API's document (`/api/openapi.json`) is made of it.
 *
 * A page module exports `handler`; `routes/_error.tsx` exports `errorPage`, which draws what went wrong.
 */
import type { Route } from "./route.ts";
import type { Handler } from "./services.ts";
import {
  agentsHealth,
  agentsHealthApi,
  ibConnection,
  ibConnectionApi,
} from "./routes/api/agents.ts";
import {
  fetchChain,
  fetchChainApi,
  optionsChain,
  optionsChainApi,
} from "./routes/api/fetch_chain.ts";
import { ingestChain } from "./routes/api/ingest_chain.ts";
import { getBars, getBarsApi } from "./routes/api/bars.ts";
import { postBars, postBarsApi } from "./routes/api/post_bars.ts";
import { getChanges, getChangesApi } from "./routes/api/changes.ts";
import { contractHistory, contractHistoryApi } from "./routes/api/contract_history.ts";
import { getConditions, getConditionsApi } from "./routes/api/market_conditions.ts";
import { openApi, openApiApi } from "./routes/api/openapi.ts";
import { apiPage } from "./routes/docs/api.tsx";
import { ingestChainApi } from "./routes/api/ingest_chain_api.ts";
import { getChain, getChainApi } from "./routes/api/chains.ts";
import { readChain, readChainApi } from "./routes/api/read_chain.ts";
import { find } from "./routes/find.tsx";
import { postWatch, removeWatched } from "./routes/watches.ts";
import { getVolatility, getVolatilityApi } from "./routes/api/volatility.ts";
import { volatilityPage } from "./routes/chains/volatility.tsx";
import { contractPage } from "./routes/contracts/[occ].tsx";
import { contractCsv } from "./routes/contracts/csv.ts";
import { agentsPage } from "./routes/agents/page.tsx";
import { changeKey, postKey } from "./routes/agents/keys.ts";
import { accountPage, postEndSession, postPassword } from "./routes/account.tsx";
import { postToken, postTokenApi } from "./routes/api/token.ts";
import { beginOidc, finishOidc } from "./routes/oidc.tsx";
import { linkPage, postLink, postSignIn, postSignOut, signInPage } from "./routes/sign_in.tsx";
import { postColumns } from "./routes/columns.ts";
import { postFetch } from "./routes/chains/fetch.ts";
import { listTickers, listTickersApi } from "./routes/api/tickers.ts";
import { agentTickers, agentTickersApi } from "./routes/api/agent_tickers.ts";
import { health, healthApi, ping, pingApi } from "./routes/api/health.ts";
import { live } from "./routes/api/live.ts";
import { session } from "./routes/api/session.ts";
import { guidePage, guidePicture } from "./routes/docs/guides.tsx";
import { builtFile, staticFile, workerFile } from "./routes/files.ts";
import { handler as tickersPage } from "./routes/index.tsx";
import { handler as chainPage } from "./routes/chains/[ticker].tsx";

const toTickers: Handler = (c) => c.redirect("/", 301);

/** Every route of the server. */
export const routes: readonly Route[] = [
  { method: "GET", path: "/", role: "viewer", handler: tickersPage },
  { method: "GET", path: "/ma-options", role: "viewer", handler: toTickers },
  { method: "GET", path: "/chains/:ticker", role: "viewer", handler: chainPage },
  { method: "GET", path: "/chains/:ticker/volatility", role: "viewer", handler: volatilityPage },
  { method: "POST", path: "/chains/:ticker/fetch", role: "viewer", handler: postFetch },
  { method: "GET", path: "/contracts/:occ", role: "viewer", handler: contractPage },
  { method: "GET", path: "/contracts/:occ/history.csv", role: "viewer", handler: contractCsv },
  { method: "GET", path: "/sign-in", role: "public", handler: signInPage },
  { method: "POST", path: "/sign-in", role: "public", handler: postSignIn },
  { method: "GET", path: "/sign-in/link/:secret", role: "public", handler: linkPage },
  { method: "POST", path: "/sign-in/link/:secret", role: "public", handler: postLink },
  { method: "GET", path: "/sign-in/oidc", role: "public", handler: beginOidc },
  { method: "GET", path: "/sign-in/oidc/callback", role: "public", handler: finishOidc },
  { method: "POST", path: "/sign-out", role: "viewer", handler: postSignOut },
  { method: "GET", path: "/account", role: "viewer", handler: accountPage },
  { method: "POST", path: "/account/password", role: "viewer", handler: postPassword },
  { method: "POST", path: "/account/sessions/end", role: "viewer", handler: postEndSession },
  { method: "GET", path: "/agents", role: "viewer", handler: agentsPage },
  { method: "POST", path: "/agents/keys", role: "operator", handler: postKey },
  { method: "POST", path: "/agents/keys/change", role: "operator", handler: changeKey },
  { method: "GET", path: "/find", role: "viewer", handler: find },
  { method: "POST", path: "/watches", role: "trader", handler: postWatch },
  { method: "POST", path: "/watches/remove", role: "trader", handler: removeWatched },
  { method: "POST", path: "/columns", role: "viewer", handler: postColumns },
  { method: "GET", path: "/docs/api", role: "public", handler: apiPage(() => routes) },
  { method: "GET", path: "/docs", role: "public", handler: guidePage },
  { method: "GET", path: "/docs/guides/*", role: "public", handler: guidePage },
  { method: "GET", path: "/docs/img/:name", role: "public", handler: guidePicture },
  { method: "GET", path: "/sw.js", role: "public", handler: workerFile },
  { method: "GET", path: "/static/*", role: "public", handler: staticFile },
  { method: "GET", path: "/_assets/*", role: "public", handler: builtFile },

  { method: "GET", path: "/ping", role: "public", handler: ping, api: pingApi },
  { method: "GET", path: "/health", role: "public", handler: health, api: healthApi },

  {
    method: "POST",
    path: "/api/auth/token",
    role: "public",
    handler: postToken,
    api: postTokenApi,
  },
  {
    method: "GET",
    path: "/api/openapi.json",
    role: "public",
    handler: openApi(() => routes),
    api: openApiApi,
  },

  {
    method: "GET",
    path: "/api/tickers",
    role: "viewer",
    handler: listTickers,
    api: listTickersApi,
  },
  {
    method: "GET",
    path: "/api/chains/:ticker",
    role: "viewer",
    handler: getChain,
    api: getChainApi,
  },
  {
    method: "POST",
    path: "/api/chains/:ticker/read",
    role: "viewer",
    handler: readChain,
    api: readChainApi,
  },
  {
    method: "GET",
    path: "/api/chains/:ticker/volatility",
    role: "viewer",
    handler: getVolatility,
    api: getVolatilityApi,
  },
  {
    method: "GET",
    path: "/api/chains/:ticker/changes",
    role: "viewer",
    handler: getChanges,
    api: getChangesApi,
  },
  {
    method: "GET",
    path: "/api/contracts/:occ/history",
    role: "viewer",
    handler: contractHistory,
    api: contractHistoryApi,
  },
  {
    method: "GET",
    path: "/api/contracts/:occ/bars",
    role: "viewer",
    handler: getBars,
    api: getBarsApi,
  },
  {
    method: "GET",
    path: "/api/market-conditions/:ticker",
    role: "viewer",
    handler: getConditions,
    api: getConditionsApi,
  },
  {
    method: "POST",
    path: "/api/ma-options/fetch-chain",
    role: "viewer",
    handler: fetchChain,
    api: fetchChainApi,
  },
  {
    method: "POST",
    path: "/options/chain",
    role: "viewer",
    handler: optionsChain,
    api: optionsChainApi,
  },
  {
    method: "GET",
    path: "/api/ib-connection/status",
    role: "viewer",
    handler: ibConnection,
    api: ibConnectionApi,
  },
  {
    method: "GET",
    path: "/api/price-agent/health",
    role: "viewer",
    handler: agentsHealth,
    api: agentsHealthApi,
  },
  { method: "GET", path: "/api/live", role: "viewer", handler: live },

  {
    method: "POST",
    path: "/api/price-agent/ingest-chain",
    role: "agent",
    handler: ingestChain,
    api: ingestChainApi,
  },
  {
    method: "GET",
    path: "/api/price-agent/tickers",
    role: "agent",
    handler: agentTickers,
    api: agentTickersApi,
  },
  {
    method: "POST",
    path: "/api/price-agent/bars",
    role: "agent",
    handler: postBars,
    api: postBarsApi,
  },
  { method: "GET", path: "/api/price-agent/session", role: "agent", handler: session },
];
