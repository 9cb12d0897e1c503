/**
 * An agent's delivery without its gateway, as a program that a test kills: writes snapshots to the
 * spool, says which of them are on the disk, and sends them.
 *
 *     deno run -A agent/test/spool_worker.ts FOLDER SERVER_URL FIRST COUNT
 */
import { systemClock } from "../../base/clock.ts";
import { parseTicker } from "../../options/contract.ts";
import { silentLog } from "../../telemetry/log.ts";
import { createDelivery } from "../delivery/delivery.ts";
import { openSpool } from "../delivery/spool.ts";

const TICKERS = ["EA", "SPX"].flatMap((text) => parseTicker(text) ?? []);

/** Several reads come in while the first of them is sent. */
const BURST = 2;

/** So that most of what is written is sent before a kill. */
const PAUSE_MS = 15;

const [folder = "", url = "", first = "0", count = "0"] = Deno.args;
const clock = systemClock();
const spool = openSpool({ folder, clock, log: silentLog });
const delivery = createDelivery({
  spool,
  server: { url: new URL(url), key: "k", clock },
  clock,
  log: silentLog,
});
console.log(JSON.stringify({ state: spool.state() }));
delivery.start();
for (let number = Number(first); number < Number(first) + Number(count); number++) {
  const ticker = TICKERS[number % TICKERS.length];
  if (!ticker) break;
  const json = JSON.stringify({
    ticker,
    agentId: "deals",
    agentTimestamp: new Date().toISOString(),
    mode: "snapshot",
    spotPrice: number,
    columns: { symbol: [] },
    // Of one page, and of several.
    filler: crypto.getRandomValues(new Uint8Array(number % 3 === 0 ? 20_000 : 200)).toBase64(),
  });
  spool.add({ key: `k-${number}`, ticker, json, storedAtMs: clock.realNowMs() });
  console.log(JSON.stringify({ added: number }));
  delivery.wake();
  if (number % BURST === 0) {
    await new Promise((resolve) => clock.after(PAUSE_MS, () => resolve(null)));
  }
}
console.log(JSON.stringify({ done: true }));
// Until it is killed, or the pipe to the test closes.
for await (const _ of Deno.stdin.readable) { /* nothing is said */ }
Deno.exit(0);
