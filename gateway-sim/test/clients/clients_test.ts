/**
 * Real clients, unmodified, against the simulated gateway: each connects, resolves an underlying,
 * lists its option parameters, reads the details of one expiry, streams twenty options until each
 * is whole, takes a snapshot, bars, the account, orders and executions, asks for the four kinds of
 * market data, and disconnects. Not one error or warning may be in the client's own log, but the
 * notices 2104, 2106 and 2158.
 */
import { strict as assert } from "node:assert";
import { readChainFolder } from "../../../options/formats/folder.ts";
import { clients } from "./clients.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { type Quote, runScript } from "./script.ts";

const LIFTED = ["--message-limit", "0", "--line-limit", "0", "--tick-delay", "0"];
const STOCK = { "sec-type": "STK", exchange: "SMART" };
const INDEX = { "sec-type": "IND", exchange: "CBOE" };
const INTRADAY = { duration: "1 D", "bar-size": "5 mins" };

interface Scene {
  readonly name: string;
  readonly settings: readonly string[];
  readonly args: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  /** What is done to the gateway before the client connects. */
  prepare?(gateway: Gateway): Promise<void>;
  /** Looks at what was streamed, by OCC symbol. */
  check?(quotes: Readonly<Record<string, Quote>>): Promise<void>;
  /** Whether the scene needs the real chains of `LASTMARK_DATA`. */
  readonly recorded?: true;
}

/** The folder of real chains. Without it the scene that replays them is skipped, but not where `CI=true`. */
const DATA = Deno.env.get("LASTMARK_DATA") ?? "";
const CHAINS = `${DATA}/us-chains-2026`;
/** The first chain of the folder's eight of AAPL that was recorded in session. */
const IN_SESSION = "AAPL_20260715T1315ET_13b7721c.json";

const scenes: readonly Scene[] = [
  {
    name: "made-up stock, real limits",
    settings: ["--seed", "1"],
    args: { symbol: "AAPL", "trading-class": "AAPL", days: "20", ...STOCK, ...INTRADAY },
    flags: ["--generics"],
  },
  {
    name: "made-up index, limits lifted",
    settings: ["--seed", "2", ...LIFTED],
    args: { symbol: "SPX", "trading-class": "SPXW", days: "20", ...INDEX, ...INTRADAY },
    flags: ["--generics"],
  },
  {
    name: "made-up stock, market closed",
    settings: ["--seed", "3", ...LIFTED],
    args: { symbol: "NVDA", "trading-class": "NVDA", days: "20", ...STOCK, ...INTRADAY },
    flags: ["--generics", "--closed"],
    prepare: (gateway) => gateway.control("/market", { open: false }),
  },
  {
    name: "recorded stock, limits lifted",
    recorded: true,
    settings: ["--replay", CHAINS, ...LIFTED],
    args: {
      symbol: "AAPL",
      "trading-class": "AAPL",
      days: "20",
      ...STOCK,
      duration: "1 M",
      "bar-size": "1 day",
    },
    flags: [],
    prepare: (gateway) => gateway.control("/replay/step", { symbol: "AAPL", file: IN_SESSION }),
    check: equalTheFile,
  },
];

/** Every value that the client received is the file's. */
async function equalTheFile(quotes: Readonly<Record<string, Quote>>): Promise<void> {
  const chains = await readChainFolder(CHAINS);
  const chain = chains.find(({ file }) => file.endsWith(IN_SESSION));
  assert.ok(chain, `${IN_SESSION} is not in ${CHAINS}`);
  for (const [occ, received] of Object.entries(quotes)) {
    const recorded = chain.contracts.find(({ contract }) => contract.occ === occ);
    assert.ok(recorded, `${occ} is not in ${IN_SESSION}`);
    const { bid, ask, last, volume, openInterest, impliedVol, delta } = recorded;
    const filed = {
      bid,
      ask,
      last,
      volume,
      open_interest: openInterest,
      implied_vol: impliedVol,
      delta,
    };
    for (const [field, value] of Object.entries(filed)) {
      const got = received[field] ?? NaN;
      const near = value !== null && Math.abs(got - value) < 1e-6;
      assert.ok(near, `${occ}: ${field} is ${got}, in the file ${value}`);
    }
  }
}

/** What a whole quote has. */
const FIELDS = ["bid", "ask", "last", "volume", "open_interest", "implied_vol", "delta"];

/** What was still missing when streaming ended, one sentence an option. */
function lacking(quotes: Readonly<Record<string, Quote>>): string[] {
  return Object.entries(quotes).flatMap(([occ, quote]) => {
    const missing = FIELDS.filter((field) => quote[field] === undefined);
    return missing.length === 0 ? [] : [`${occ} lacks ${missing.join(", ")}`];
  });
}

const summary: Record<"client" | "scene" | "result" | "seconds", string>[] = [];
Deno.test.afterAll(() => console.table(summary));

for (const scene of scenes) {
  for (const [index, client] of clients.entries()) {
    const ignore = scene.recorded === true && DATA === "" && Deno.env.get("CI") !== "true";
    Deno.test({ name: `${client.name}: ${scene.name}`, ignore }, async (t) => {
      await using gateway = await startGateway(...scene.settings);
      await scene.prepare?.(gateway);
      const named = Object.entries({ port: gateway.port, "client-id": 100 + index, ...scene.args });
      const args = named.flatMap(([name, value]) => [`--${name}`, String(value)]);
      const startMs = performance.now();
      let steps = 0;
      let failedAt: string | null = null;
      let quotes: Readonly<Record<string, Quote>> = {};
      for await (const line of runScript([...await client.command(), ...args, ...scene.flags])) {
        if ("quotes" in line) {
          quotes = line.quotes;
          continue;
        }
        if ("failed" in line) failedAt = line.step;
        else steps++;
        const result = "failed" in line ? "FAILED" : line.got;
        await t.step(`${line.step}: ${result}`, () => {
          if (!("failed" in line)) return;
          throw new Error([line.failed, ...lacking(quotes), ...line.log].join("\n"));
        });
      }
      const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
      const result = failedAt === null ? `${steps} steps` : `FAILED at ${failedAt}`;
      summary.push({ client: client.name, scene: scene.name, result, seconds });
      assert.ok(steps > 0, "the script did nothing");
      const { check } = scene;
      if (check) await t.step("what was streamed is what the market has", () => check(quotes));
    });
  }
}
