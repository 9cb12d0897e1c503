/**
 * `agent doctor --checklist`: the test checklist of a new set-up, in six phases, each done and not only
 * asked about. It reads with the client ID of a person's own calls, and stores nothing.
 */
import { readDir, readTextFile } from "./proc.ts";
import { isMarketOpen, nextOpenMs } from "../../options/calendar.ts";
import type { Ticker } from "../../options/contract.ts";
import type { Quote } from "../../options/quote.ts";
import { silentLog } from "../../telemetry/log.ts";
import { allExpiries } from "../chain/expiries.ts";
import { unknownChain } from "../chain/known_chain.ts";
import { urgencyOf } from "../chain/priority.ts";
import { type ChainRead, readChain } from "../chain/read.ts";
import { tradingDay } from "../chain/trading_day.ts";
import { fetchWanted } from "../delivery/post.ts";
import { connectOnce } from "../fetch.ts";
import { createLines } from "../gateway/lines.ts";
import { type Check, failed, type Finding, ok, type Result, runChecks, warning } from "./check.ts";
import { visit } from "./doctor.ts";
import type { Patient } from "./patient.ts";
import { openProbe } from "./probe.ts";
import { exitCodeOf, summaryOf } from "./report.ts";

/** The longest that the phases of the short list may take together. */
export const SHORT_MS = 5 * 60_000;

const MINUTE_MS = 60_000;
const PROBE_MS = 10_000;
/** Tickers of the third phase. */
const MOST_TICKERS = 3;

/** What phases leave for later ones. */
interface Walk {
  readonly patient: Patient;
  /** Processes that were there before. */
  readonly children: number;
  read?: ChainRead;
}

/** The phases, those of the short list alone where `isShort`. */
export function phases(isShort: boolean): readonly Check<Walk>[] {
  return isShort ? [STATUS, ONE, CLEAN] : [STATUS, ONE, SEVERAL, SPREADS, DISCONNECT, CLEAN];
}

/** Walks the checklist. */
export function walkChecklist(
  patient: Patient,
  isShort: boolean,
  onResult: (result: Result) => void,
): Promise<readonly Result[]> {
  const walk: Walk = { patient, children: childrenOf() };
  return runChecks(phases(isShort), walk, patient.clock, onResult);
}

const STATUS: Check<Walk> = {
  name: "1 status",
  needs: [],
  deadlineMs: 40_000,
  whenSilent: "Run deno task agent doctor: it shows each check.",
  async run({ patient }) {
    const results = await visit(patient);
    const says = summaryOf(results);
    if (exitCodeOf(results) === 0) return ok(says);
    const names = results.filter(({ verdict }) => verdict === "failed").map(({ check }) => check);
    return failed(
      `${says}: ${names.join(", ")}`,
      "Run deno task agent doctor, and do what it says.",
    );
  },
};

const ONE: Check<Walk> = {
  name: "2 one ticker",
  needs: [],
  deadlineMs: 3 * MINUTE_MS,
  whenSilent: "A large chain takes minutes: name a smaller one with --ticker.",
  async run(walk, signal) {
    walk.read = await readOf(walk.patient, walk.patient.ticker, signal);
    return foundIn([walk.read]);
  },
};

const SEVERAL: Check<Walk> = {
  name: "3 several",
  needs: ["2 one ticker"],
  deadlineMs: 10 * MINUTE_MS,
  whenSilent: "Large chains take minutes each; look at RATE.",
  async run({ patient }, signal) {
    const { settings, key, clock } = patient;
    if (!key) return warning("no key: the server cannot be asked", "Set AGENT_API_KEY.");
    const server = { url: settings.serverUrl, key, clock };
    const wanted = await fetchWanted(server, signal);
    if (!wanted.ok) return failed(wanted.message, "Look at SERVER_URL and the key.");
    const tickers = wanted.tickers.slice(0, MOST_TICKERS).map(({ ticker }) => ticker);
    if (tickers.length === 0) {
      return warning("the server follows no ticker", "Add one: deno task watch add EA.");
    }
    const reads: ChainRead[] = [];
    for (const ticker of tickers) reads.push(await readOf(patient, ticker, signal));
    return foundIn(reads);
  },
};

const SPREADS: Check<Walk> = {
  name: "4 spreads",
  needs: ["2 one ticker"],
  deadlineMs: 5_000,
  whenSilent: "Tell us.",
  run({ read }) {
    const spread = read && spreadIn(read);
    if (!spread) {
      return Promise.resolve(
        warning(
          "no two calls of one expiry have a bid and an ask",
          "Try it while the market is open.",
        ),
      );
    }
    const { lower, higher, price, width, doubt } = spread;
    const says = `${lower} − ${higher} costs ${price.toFixed(2)} of at most ${width.toFixed(2)}`;
    return Promise.resolve(
      price + doubt >= 0 && price - doubt <= width
        ? ok(says)
        : warning(says, "The quotes of the two do not go together: look at their ages."),
    );
  },
};

const DISCONNECT: Check<Walk> = {
  name: "5 disconnect",
  needs: [],
  deadlineMs: 30_000,
  whenSilent: "Restart the gateway: it does not let a client in again.",
  async run({ patient }) {
    const { settings, statusIds, clock } = patient;
    for (let times = 0; times < 2; times++) {
      const outcome = await openProbe(settings, statusIds.first, clock, { deadlineMs: PROBE_MS });
      if (outcome.kind !== "open") {
        return failed(
          times === 0 ? "the gateway lets no client in" : "the same client ID is not free again",
          "Wait a minute and try again: a gateway notices late that a client went.",
        );
      }
      outcome.probe.close();
    }
    const nowMs = clock.nowMs();
    const market = isMarketOpen(nowMs, patient.ticker)
      ? "the market is open"
      : `the market is closed until ${
        new Date(nextOpenMs(nowMs)).toISOString()
      }: prices are the last-known`;
    return ok(`the same client ID connects again at once; ${market}`);
  },
};

const CLEAN: Check<Walk> = {
  name: "6 clean-up",
  needs: [],
  deadlineMs: 20_000,
  whenSilent: "Look with ps whether programs of this check are left, and end them.",
  async run({ patient, children }) {
    const { settings, statusIds, clock } = patient;
    const outcome = await openProbe(settings, statusIds.first, clock, { deadlineMs: PROBE_MS });
    if (outcome.kind === "open") outcome.probe.close();
    if (outcome.kind === "taken") {
      return failed(
        `client ID ${statusIds.first} is still taken`,
        "Wait a minute, or end who has it.",
      );
    }
    const zombies = childrenOf() - children;
    return zombies <= 0
      ? ok("no client ID of this check is left, and no process")
      : failed(`${zombies} processes of this check are left`, "End them, and tell us.");
  },
};

async function readOf(patient: Patient, ticker: Ticker, signal: AbortSignal): Promise<ChainRead> {
  const { settings, clock } = patient;
  const connection = await connectOnce({ settings, clock, log: silentLog, signal });
  try {
    const outcome = await readChain(connection, {
      ticker,
      readId: crypto.randomUUID(),
      choose: allExpiries,
      clock,
      lines: createLines(settings.lines, clock).forRead(urgencyOf("page")),
      known: unknownChain(tradingDay(clock.nowMs())),
      log: silentLog,
      signal,
    });
    if (outcome.kind === "read") return outcome.read;
    throw new Error(outcome.message);
  } finally {
    await connection.close();
  }
}

function foundIn(reads: readonly ChainRead[]): Finding {
  const says = reads.map(({ ticker, quotes, missing }) =>
    `${ticker}: ${quotes.length} contracts, ${missing.length} without a price`
  ).join("; ");
  const empty = reads.filter(({ quotes }) => quotes.length === 0);
  const [first] = empty;
  if (!first) return ok(says);
  const reason = first.missing[0]?.reason ?? "the chain is empty";
  return failed(`${says} (${reason})`, "docs/agents/states.md says what each reason asks for.");
}

/**
 * The spread of two neighbouring calls around the money, of the first expiry that has two with a bid
 * and an ask. Middles are in doubt by half of what bid and ask are apart.
 */
function spreadIn({ quotes, spot }: ChainRead) {
  const calls = Map.groupBy(
    quotes.filter(({ occ, bid, ask }) => occ.at(-9) === "C" && bid !== null && ask !== null)
      .toSorted((a, b) => a.occ.localeCompare(b.occ)),
    ({ occ }) => occ.slice(0, -9),
  );
  const strike = ({ occ }: Quote): number => Number(occ.slice(-8)) / 1_000;
  const mid = ({ bid, ask }: Quote): number => ((bid ?? NaN) + (ask ?? NaN)) / 2;
  const half = ({ bid, ask }: Quote): number => ((ask ?? NaN) - (bid ?? NaN)) / 2;
  for (const ofExpiry of calls.values()) {
    const above = ofExpiry.findIndex((call) => spot === null || strike(call) >= spot);
    const first = Math.min(Math.max(0, above - 1), ofExpiry.length - 2);
    const [lower, higher] = ofExpiry.slice(Math.max(0, first), first + 2);
    if (!lower || !higher) continue;
    return {
      lower: lower.occ,
      higher: higher.occ,
      price: mid(lower) - mid(higher),
      width: strike(higher) - strike(lower),
      doubt: half(lower) + half(higher),
    };
  }
  return undefined;
}

/** Processes that this program began and that are not gone; 0 where the system does not tell. */
function childrenOf(): number {
  return readDir("/proc").filter((name) => /^\d+$/.test(name)).filter((name) => {
    const afterName = readTextFile(`/proc/${name}/stat`)?.split(") ").at(-1)?.split(" ");
    return afterName?.[1] === String(Deno.pid);
  }).length;
}
