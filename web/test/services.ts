/** What handlers are given, without a database behind it, for tests that need none. */
import { StoredSets } from "../../db/stored_sets.ts";
import { IngestReader } from "../../options/wire/ingest_reader.ts";
import { systemClock } from "../../base/clock.ts";
import { connectDatabase } from "../../db/connect.ts";
import { silentLog } from "../../telemetry/log.ts";
import { DatabaseAway } from "../database.ts";
import { DEFAULT_LIMITS, limitsOf } from "../limits/limits.ts";
import { NO_DAY } from "../live/days.ts";
import type { Services } from "../services.ts";

/** The one text that is a key there: of the agent `deals`. */
export const THE_KEY = "the-key";

/** Services of a server whose database is not there. */
export function withoutDatabase(change: Partial<Services> = {}): Services {
  const clock = systemClock();
  // No connection is made before something is asked.
  const sql = connectDatabase({ url: "postgres://127.0.0.1:1/none", program: "test", max: 1 });
  const key = { id: "1", agent: "deals", tickers: null, hash: new Uint8Array(32) };
  return {
    clock,
    log: silentLog,
    version: "test",
    database: { work: sql, quick: sql },
    watch: { run: () => Promise.reject(new DatabaseAway("There is none.")) },
    keys: {
      check: (text) => text === THE_KEY ? { kind: "valid", key } : { kind: "unknown" },
      recheck: () => Promise.resolve({ kind: "valid", key }),
    },
    lastUsed: { used: () => {} },
    limits: limitsOf(clock, DEFAULT_LIMITS),
    chains: {
      get: () => Promise.resolve(undefined),
      all: () => Promise.resolve([]),
      agentCounts: () => null,
    },
    closes: { before: () => Promise.resolve(new Map()) },
    door: { kind: "open" },
    days: { of: () => Promise.resolve(NO_DAY) },
    reader: new IngestReader(),
    storedSets: new StoredSets(),
    committed: () => {},
    openLive: () => {},
    bars: { find: () => Promise.reject(new DatabaseAway("There is none.")) },
    agents: {
      agents: () => Promise.reject(new DatabaseAway("There is none.")),
      ask: () => Promise.reject(new DatabaseAway("There is none.")),
    },
    sessions: { isFull: false, open: () => {} },
    conflictWindowMs: 60_000,
    ...change,
  };
}
