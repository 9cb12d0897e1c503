/** What every figure is measured with. */
import type { Ticker } from "../../options/contract.ts";
import { createKey } from "../../db/keys.ts";
import { addWatch } from "../../db/watches.ts";
import { benchTickers } from "./chains.ts";
import type { BenchDatabase } from "./database.ts";
import type { Sender } from "./pool.ts";
import type { Finding } from "./table.ts";

/** How long and how often is measured. */
export interface BenchSettings {
  readonly rounds: number;
  /** One measurement's length. */
  readonly seconds: number;
  readonly memoryMinutes: number;
  /** A folder with the real chains; without one their figures are not measured. */
  readonly data: string | undefined;
}

/** What every figure is measured with. */
export interface Bench {
  readonly settings: BenchSettings;
  readonly database: BenchDatabase;
  /** For files that are gone afterwards. */
  readonly folder: string;
  readonly sender: Sender;
  readonly tickers: readonly Ticker[];
  readonly signal: AbortSignal;
  readonly say: (what: string) => void;
}

/** One or more lines of the table that are measured together. */
export interface Figure {
  /** What `--only` takes. */
  readonly name: string;
  readonly measure: (bench: Bench) => Promise<readonly Finding[]>;
}

/** Tickers that are read at once. */
const TICKERS = 32;

const AGENT = "bench";

/** Follows the tickers and makes the agent's key. */
export async function prepare(
  { sql }: BenchDatabase,
): Promise<{ readonly sender: Sender; readonly tickers: readonly Ticker[] }> {
  const tickers = benchTickers(TICKERS);
  for (const ticker of tickers) await addWatch(sql, ticker);
  const { key } = await createKey(sql, { agent: AGENT });
  return { sender: { agentId: AGENT, key }, tickers };
}
