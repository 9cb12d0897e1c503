/**
 * Paper orders by clients that nobody here wrote: resting, filled, in parts, triggered, combined,
 * previewed, rejected, seen by another client, and found again after a new connection.
 */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { orderClients } from "./clients.ts";
import { startGateway } from "./gateway.ts";
import { runScript } from "./script.ts";

const HEAD = "ticker,updated,spot,symbol,bid,ask,last,volume,open_interest," +
  "implied_vol,delta,gamma,theta,vega,bid_size,ask_size";
/** Four looks at one call, a minute apart; `python/orders.py` tells what the scripts make of them. */
const LOOKS = [
  "1.00,1.10,1.05,,,,,,,,10,20",
  "1.00,1.10,1.05,,,,,,,,10,30",
  "1.20,1.25,1.20,,,,,,,,10,20",
  "1.20,1.25,1.20,,,,,,,,12,22",
];

const CHAINS = [
  HEAD,
  ...LOOKS.flatMap((look, minute) => {
    const chain = `EA,2026-07-14T15:0${minute}:00Z,206.41`;
    return [
      `${chain},EA260821C00210000,${look}`,
      `${chain},EA260821C00215000,0.40,0.50,0.45,,,,,,,,50,50`,
    ];
  }),
].join("\n");

const scenes = [
  { name: "paper orders", settings: [], flags: [] },
  { name: "read-only", settings: ["--read-only"], flags: ["--read-only"] },
] as const;

for (const [index, client] of orderClients.entries()) {
  for (const { name, settings, flags } of scenes) {
    Deno.test(`${client.name}: ${name}`, async (t) => {
      const folder = await Deno.makeTempDir({ prefix: "lastmark-orders-" });
      try {
        await Deno.writeTextFile(join(folder, "looks.csv"), CHAINS);
        await using gateway = await startGateway("--replay", folder, ...settings);
        const named = {
          port: gateway.port,
          "control-port": gateway.controlPort,
          "client-id": 10 + 2 * index,
        };
        const args = Object.entries(named).flatMap(([key, value]) => [`--${key}`, String(value)]);
        let steps = 0;
        for await (const line of runScript([...await client.command(), ...args, ...flags])) {
          assert.ok("step" in line);
          steps++;
          await t.step(`${line.step}: ${"got" in line ? line.got : "FAILED"}`, () => {
            if ("failed" in line) throw new Error([line.failed, ...line.log].join("\n"));
          });
        }
        assert.ok(steps > 3, `only ${steps} steps`);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
}
