/** The checks of TWS or IB Gateway, from its name to one option's quote. */
import { isIP } from "node:net";
import { type Contract, MarketDataType, OptionType, SecType } from "@stoqey/ib";
import type { IdRange } from "../../base/command.ts";
import { isMarketOpen, newYorkDate } from "../../options/calendar.ts";
import type { MarketDataKind } from "../../options/quote.ts";
import { REASONS } from "../../options/reasons.ts";
import { subscriptionError } from "../chain/subscription_errors.ts";
import { ibSymbol, underlyingCandidates } from "../chain/underlying.ts";
import type { GatewayEvent } from "../gateway/events.ts";
import { type Check, failed, type Finding, ok, warning } from "./check.ts";
import { addressesOf } from "./names.ts";
import { openProbe, type Probe } from "./probe.ts";
import type { Patient } from "./patient.ts";

/** An ID that is taken is most often another check's; three in a row are no accident. */
const MOST_IDS = 3;

const HANDSHAKE_MS = 5_000;

/** With older servers messages differ from those that the agent was tried with. */
const OLDEST_TRIED_VERSION = 176;

const ANSWER_MS = 3_000;
const QUOTE_MS = 4_000;

/** Bid, ask and last, live and delayed. */
const PRICE_TICKS: ReadonlySet<number> = new Set([1, 2, 4, 66, 67, 68]);

/** The last and the close, live and delayed: enough to know which strikes are near. */
const SPOT_TICKS: ReadonlySet<number> = new Set([4, 9, 68, 75]);

const API_SETTINGS = "Global Configuration → API → Settings";

/** The checks, in the order in which each builds on those before. */
export function gatewayChecks(): readonly Check<Patient>[] {
  return [nameCheck, portCheck, handshakeCheck, readOnlyCheck, quoteCheck];
}

const nameCheck: Check<Patient> = {
  name: "gateway name",
  needs: [],
  deadlineMs: 2_000,
  whenSilent: "Set IB_HOST to the machine that runs TWS or IB Gateway.",
  async run({ settings: { ibHost } }) {
    if (isIP(ibHost) !== 0 || ibHost === "localhost") return ok(`${ibHost} needs no look-up`);
    const found = await addressesOf(ibHost);
    if (found.length > 0) return ok(`${ibHost} is ${found.join(", ")}`);
    return failed(`no such name: ${ibHost}`, nameCheck.whenSilent);
  },
};

const portCheck: Check<Patient> = {
  name: "gateway port",
  needs: ["gateway name"],
  deadlineMs: 3_000,
  whenSilent: "A firewall swallows the connection: open the port, or correct IB_HOST.",
  async run({ settings: { ibHost, ibPort } }, signal) {
    try {
      const socket = await Deno.connect({ hostname: ibHost, port: ibPort, signal });
      socket.close();
      return ok(`${ibHost}:${ibPort} takes connections`);
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      return failed(
        `nothing listens on ${ibHost}:${ibPort}`,
        `Start TWS or IB Gateway, enable socket clients under ${API_SETTINGS}, and set IB_PORT to ` +
          "its Socket port (TWS 7497 paper, 7496 live; IB Gateway 4002 paper, 4001 live).",
      );
    }
  },
};

const handshakeCheck: Check<Patient> = {
  name: "gateway API",
  needs: ["gateway port"],
  deadlineMs: 8_000,
  whenSilent: REASONS.gateway_deaf.sentence,
  async run(patient, signal) {
    const { settings, clock, statusIds } = patient;
    for (const clientId of firstOf(statusIds)) {
      const outcome = await openProbe(settings, clientId, clock, { deadlineMs: HANDSHAKE_MS });
      switch (outcome.kind) {
        case "open":
          patient.probe = outcome.probe;
          if (signal.aborted) outcome.probe.close();
          return versionFinding(outcome.probe, clientId !== statusIds.first);
        case "taken":
          continue;
        case "not_let_in":
          return failed(
            `it speaks version ${outcome.serverVersion} and lets the client in no further`,
            `Look for a dialog in TWS that asks to accept the connection, and under ${API_SETTINGS} ` +
              "for Trusted IPs; log in where it is logged out.",
          );
        case "no_handshake":
          return failed(
            `no TWS handshake: ${outcome.why}`,
            `${REASONS.gateway_deaf.sentence} If another program listens there, correct IB_PORT.`,
          );
      }
    }
    return failed(
      `client IDs ${firstOf(statusIds).join(", ")} are all taken`,
      "End the programs that hold them, or set CLIENT_ID_STATUS to a free range.",
    );
  },
};

function firstOf({ first, last }: IdRange): readonly number[] {
  const count = Math.min(MOST_IDS, last - first + 1);
  return Array.from({ length: count }, (_, index) => first + index);
}

function versionFinding({ serverVersion, clientId }: Probe, wasTaken: boolean): Finding {
  const says = `server version ${serverVersion}, client ID ${clientId}`;
  if (serverVersion < OLDEST_TRIED_VERSION) {
    return warning(
      says,
      `Update TWS or IB Gateway: ${OLDEST_TRIED_VERSION} or newer is known to work.`,
    );
  }
  if (wasTaken) return warning(`${says}; the one before is taken`, "Another check runs, or hangs.");
  return ok(says);
}

const readOnlyCheck: Check<Patient> = {
  name: "read-only API",
  needs: ["gateway API"],
  deadlineMs: 4_000,
  whenSilent: REASONS.gateway_deaf.sentence,
  async run({ probe }) {
    switch (await probe?.orders() ?? "unsaid") {
      case "refused":
        return ok("the API takes no orders");
      case "taken":
        return warning("the API takes orders", `Tick Read-Only API under ${API_SETTINGS}.`);
      case "unsaid":
        return warning("the gateway does not say", `Look at Read-Only API under ${API_SETTINGS}.`);
    }
  },
};

const quoteCheck: Check<Patient> = {
  name: "option quote",
  needs: ["gateway API"],
  deadlineMs: 12_000,
  whenSilent: REASONS.mute_feed.sentence,
  async run({ probe, ticker, clock }, signal) {
    if (!probe) return failed("there is no connection", REASONS.gateway_down.sentence);
    probe.useMarketData(MarketDataType.FROZEN);
    const option = await findOption(probe, ticker, newYorkDate(clock.nowMs()), signal);
    if ("finding" in option) return option.finding;
    const live = await quoteOf(probe, option.contract, signal);
    if (live.error && subscriptionError(live.error.code).kind === "not_subscribed") {
      probe.useMarketData(MarketDataType.DELAYED_FROZEN);
      const delayed = await quoteOf(probe, option.contract, signal);
      return delayed.prices > 0
        ? warning(`${option.name}: delayed prices only`, REASONS.no_subscription.sentence)
        : failed(`${option.name}: ${live.error.message}`, REASONS.no_subscription.sentence);
    }
    if (live.error) return refusedFinding(option.name, live.error);
    return quoteFinding(option.name, live, isMarketOpen(clock.nowMs(), ticker));
  },
};

interface FoundOption {
  readonly contract: Contract;
  readonly name: string;
}

/** A call near the money of the first expiry after today. */
async function findOption(
  probe: Probe,
  ticker: Patient["ticker"],
  today: string,
  signal: AbortSignal,
): Promise<FoundOption | { readonly finding: Finding }> {
  const within = { signal, withinMs: ANSWER_MS };
  for (const candidate of underlyingCandidates(ticker)) {
    const details = await probe.ask(
      (api, id) => void api.reqContractDetails(id, candidate),
      within,
    );
    const underlying = contractsIn(details.events)[0];
    if (underlying?.conId === undefined) continue;
    const { conId } = underlying;
    const spot = await spotOf(probe, underlying, signal);
    const secType = candidate.secType ?? SecType.STK;
    const listed = await probe.ask(
      (api, id) => void api.reqSecDefOptParams(id, ibSymbol(ticker), "", secType, conId),
      within,
    );
    const classes = listed.events.flatMap((event) =>
      event.type === "parameters" ? event.parameters : []
    );
    const [first] = classes.filter((row) => row.exchange === "SMART").concat(classes);
    const after = today.replaceAll("-", "");
    const expiry = [...first?.expiries ?? []].sort().find((each) => each > after);
    if (!first || expiry === undefined) {
      return { finding: failed(`${ticker} has no options here`, "Name another with --ticker.") };
    }
    for (const strike of nearest(first.strikes, spot)) {
      const option: Contract = {
        symbol: ibSymbol(ticker),
        secType: SecType.OPT,
        exchange: "SMART",
        currency: "USD",
        tradingClass: first.tradingClass,
        lastTradeDateOrContractMonth: expiry,
        strike,
        right: OptionType.Call,
      };
      const found = await probe.ask((api, id) => void api.reqContractDetails(id, option), within);
      const [contract] = contractsIn(found.events);
      if (contract) return { contract, name: contract.localSymbol ?? `${ticker} option` };
    }
  }
  return {
    finding: failed(
      `the gateway knows no options of ${ticker}`,
      `${REASONS.farm_down.sentence} Or name another ticker with --ticker.`,
    ),
  };
}

function contractsIn(events: readonly GatewayEvent[]): readonly Contract[] {
  return events.flatMap((event) => event.type === "contract" ? event.details.contract : []);
}

/** `null` where the underlying brings no price in time: the middle of the strikes will do. */
async function spotOf(
  probe: Probe,
  underlying: Contract,
  signal: AbortSignal,
): Promise<number | null> {
  const isSpot = (event: GatewayEvent): boolean =>
    event.type === "price" && SPOT_TICKS.has(event.tick) && event.value > 0;
  const { events } = await probe.stream(underlying, {
    signal,
    withinMs: ANSWER_MS,
    enough: (all) => all.some(isSpot),
  });
  const found = events.find(isSpot);
  return found?.type === "price" ? found.value : null;
}

/** Of all expiries together: the nearest may not be listed for this one. */
function nearest(strikes: readonly number[], spot: number | null): readonly number[] {
  const sorted = [...strikes].sort((a, b) => a - b);
  const around = spot ?? sorted[Math.floor(sorted.length / 2)] ?? 0;
  return sorted.sort((a, b) => Math.abs(a - around) - Math.abs(b - around)).slice(0, 4);
}

interface Quoted {
  readonly kind: MarketDataKind | null;
  readonly prices: number;
  readonly ticks: number;
  readonly error: { readonly code: number; readonly message: string } | null;
}

async function quoteOf(probe: Probe, contract: Contract, signal: AbortSignal): Promise<Quoted> {
  const isPrice = (event: GatewayEvent): boolean =>
    event.type === "price" && PRICE_TICKS.has(event.tick) && event.value > 0;
  const { events, error } = await probe.stream(contract, {
    signal,
    withinMs: QUOTE_MS,
    enough: (all) => all.filter(isPrice).length >= 2,
    advisory: (code) => subscriptionError(code).kind === "note",
  });
  const said = events.findLast((event) => event.type === "kind");
  return {
    // IB says the kind where it is not that of the request, and live data may come without it.
    kind: said?.type === "kind" ? said.kind : null,
    prices: events.filter(isPrice).length,
    ticks: events.filter(({ type }) => type !== "kind").length,
    error,
  };
}

function refusedFinding(
  name: string,
  { code, message }: { readonly code: number; readonly message: string },
): Finding {
  const meaning = subscriptionError(code);
  const reason = meaning.kind === "no_line"
    ? REASONS.line_budget
    : meaning.kind === "refused" && meaning.reason !== null
    ? REASONS[meaning.reason]
    : null;
  return failed(`${name}: IB ${code}: ${message}`, reason?.sentence ?? "Look the code up at IB.");
}

function quoteFinding(name: string, { kind, prices, ticks }: Quoted, open: boolean): Finding {
  const kindText = kind ?? "realtime";
  if (prices > 0) {
    const says = `${name}: ticks, ${kindText}`;
    if (kindText.startsWith("delayed")) return warning(says, REASONS.no_subscription.sentence);
    if (kindText === "frozen" && open) {
      return warning(says, "The market is open: log in to TWS again to have live prices.");
    }
    return ok(says);
  }
  if (!open) {
    return warning(`${name}: no price, the market is closed`, "Try again when it is open.");
  }
  return ticks > 0
    ? warning(`${name}: ticks without a price`, REASONS.never_quoted.sentence)
    : failed(`${name}: not one tick`, REASONS.mute_feed.sentence);
}
