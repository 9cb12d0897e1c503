/** What a new data folder begins with: the clock, the tickers of the gateway, the agent's key. */
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import type { Sql } from "../../db/connect.ts";
import { saveDeal } from "../../db/deals.ts";
import { checkedInstallation, readInstallation, setClockOffset } from "../../db/installation.ts";
import { createKey, verifyKey } from "../../db/keys.ts";
import { knownSymbols } from "../../db/tickers.ts";
import { addWatch } from "../../db/watches.ts";
import { parseIsoDate, parseTicker } from "../../options/contract.ts";
import { earliestRecordedMs } from "../../options/formats/folder.ts";
import { Failure } from "../failure.ts";

/**
 * Fixes the clock offset while nothing is stored (a replay's clock begins at its earliest file),
 * and refuses a clock that stands before what is stored, and a market of the other kind than the
 * stored prices are of. Returns the offset.
 */
export async function settleClock(
  sql: Sql,
  clock: Clock,
  replay: string | undefined,
): Promise<number> {
  const before = await readInstallation(sql);
  if (before.newestMs === null) {
    const offsetMs = replay === undefined
      ? 0
      : await earliestRecordedMs(replay) - clock.realNowMs();
    await setClockOffset(sql, Math.round(offsetMs));
  } else if (replay !== undefined && before.clockOffsetMs === 0) {
    throw new Failure(
      "--replay needs a data folder of its own (--data): this one was begun by today's clock, " +
        "and a clock never jumps",
    );
  } else if (replay === undefined && before.clockOffsetMs !== 0) {
    throw new Failure(
      "this data folder is a replay's, which made-up prices would spoil: give its --replay again, " +
        "or name another folder with --data",
    );
  }
  return (await checkedInstallation(sql)).clockOffsetMs;
}

const symbols = z.object({
  symbols: z.array(z.object({
    ticker: z.string().transform((text, context) => {
      const ticker = parseTicker(text);
      if (ticker) return ticker;
      context.addIssue({ code: "custom", message: `${text} is no ticker` });
      return z.NEVER;
    }),
    name: z.string().nullish(),
    deal: z.object({
      cash: z.number(),
      close: z.string().refine((text) => parseIsoDate(text) !== undefined),
    }).nullish(),
  })),
});

/**
 * Follows what the gateway offers, deals as deals and all else as watches, on a database in which
 * nothing is stored yet and nobody has followed anything else. Returns how many tickers that are;
 * 0 where the database has a life of its own.
 */
export async function seedTickers(sql: Sql, controlPort: number): Promise<number> {
  const { newestMs } = await readInstallation(sql);
  if (newestMs !== null) return 0;
  const response = await fetch(`http://127.0.0.1:${controlPort}/symbols`);
  const offered = symbols.parse(await response.json()).symbols;
  const names = new Set<string>(offered.map(({ ticker }) => ticker));
  // A first start that was cut off may have left some of them.
  if ((await knownSymbols(sql)).some((symbol) => !names.has(symbol))) return 0;
  for (const { ticker, name = null, deal } of offered) {
    if (deal) await saveDeal(sql, { ticker, name, cash: deal.cash, close: deal.close });
    else await addWatch(sql, ticker, name);
  }
  return offered.length;
}

/** The key of the agent that `start` runs: the one in the file, or a new one where it opens nothing. */
export async function agentKey(sql: Sql, agent: string, file: string): Promise<string> {
  const kept = await readIfThere(file);
  if (kept !== null) {
    const check = await verifyKey(sql, kept);
    if (check.kind === "valid" && check.key.agent === agent) return kept;
  }
  const { key } = await createKey(sql, { agent });
  await Deno.writeTextFile(file, `${key}\n`, { mode: 0o600 });
  return key;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
