/**
 * Real clients, unmodified, against the simulated gateway: each connects, resolves an underlying,
 * lists its option parameters, reads the details of one expiry, streams twenty options until each
 * is whole, takes a snapshot, bars, the account, orders and executions, asks for the four kinds of
 * market data, and disconnects. Not one error or warning may be in the client's own log, but the
 * notices 2104, 2106 and 2158.
 */
import { strict as assert } from "node:assert";
import { clients } from "./clients.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { runScript } from "./script.ts";

const LIFTED = ["--message-limit", "0", "--line-limit", "0", "--tick-delay", "0"];
const STOCK = { "sec-type": "STK", exchange: "SMART" };
const INDEX = { "sec-type": "IND", exchange: "CBOE" };
const INTRADAY = { duration: "1 D", "bar-size": "5 mins" };

interface Scene {
  readonly name: string;
  readonly settings: readonly string[];
  readonly args: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  prepare?(gateway: Gateway): Promise<void>;
}

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
    args: { symbol: "EA", "trading-class": "EA", days: "20", ...STOCK, ...INTRADAY },
    flags: ["--generics", "--closed"],
    prepare: (gateway) => gateway.control("/market", { open: false }),
  },
];

for (const scene of scenes) {
  for (const [index, client] of clients.entries()) {
    Deno.test(`${client.name}: ${scene.name}`, async (t) => {
      await using gateway = await startGateway(...scene.settings);
      await scene.prepare?.(gateway);
      const named = Object.entries({ port: gateway.port, "client-id": 100 + index, ...scene.args });
      const args = named.flatMap(([name, value]) => [`--${name}`, String(value)]);
      let steps = 0;
      for await (const line of runScript([...await client.command(), ...args, ...scene.flags])) {
        if ("quotes" in line) continue;
        steps++;
        const result = "failed" in line ? "FAILED" : line.got;
        await t.step(`${line.step}: ${result}`, () => {
          if ("failed" in line) throw new Error([line.failed, ...line.log].join("\n"));
        });
      }
      assert.ok(steps > 0, "the script did nothing");
    });
  }
}
