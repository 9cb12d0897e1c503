/**
 * Real clients, unmodified, through the recorder to the simulated gateway, and then to a replay of
 * what was recorded: each must see the same both times, and no account number may be in the file.
 */
import { strict as assert } from "node:assert";
import { systemClock } from "../../../base/clock.ts";
import { silentLog } from "../../../telemetry/log.ts";
import { startRecorder } from "../../recorder/pass_through.ts";
import { connectionsOf } from "../../recorder/questions.ts";
import { readRecord } from "../../recorder/record.ts";
import { startRecordReplay } from "../../recorder/replay.ts";
import { clients } from "./clients.ts";
import { startGateway } from "./gateway.ts";
import { runScript } from "./script.ts";

const ACCOUNT = "DU7654321";
const LIFTED = ["--message-limit", "0", "--line-limit", "0", "--tick-delay", "0"];
const SCRIPT = [
  ...["--symbol", "AAPL", "--trading-class", "AAPL", "--days", "20", "--client-id", "100"],
  ...["--sec-type", "STK", "--exchange", "SMART", "--duration", "1 D", "--bar-size", "5 mins"],
];

/** The steps of a client's script; fails where one fails. */
async function steps(command: readonly string[], port: number): Promise<readonly string[]> {
  const done: string[] = [];
  for await (const line of runScript([...command, "--port", String(port), ...SCRIPT])) {
    if ("failed" in line) throw new Error([line.step, line.failed, ...line.log].join("\n"));
    if ("step" in line) done.push(line.step);
  }
  return done;
}

function listener(): Deno.TcpListener {
  return Deno.listen({ hostname: "127.0.0.1", port: 0 });
}

for (const client of clients) {
  Deno.test(`${client.name} sees the same through the recorder and in its replay`, async () => {
    await using gateway = await startGateway("--seed", "4", ...LIFTED, "--accounts", ACCOUNT);
    const folder = await Deno.makeTempDir({ prefix: "lastmark-recorder-" });
    try {
      const command = await client.command();
      const [clock, log] = [systemClock(), silentLog];
      const record = `${folder}/gateway.jsonl`;
      const upstream = { hostname: "127.0.0.1", port: gateway.port };
      const recorder = await startRecorder({ listener: listener(), upstream, record, clock, log });
      const recorded = await steps(command, recorder.port).finally(() => recorder.close());
      assert.ok(recorded.length > 5, recorded.join());
      assert.ok(!(await Deno.readTextFile(record)).includes(ACCOUNT));
      const connections = connectionsOf((await readRecord(record)).lines);
      const replay = startRecordReplay({ listener: listener(), connections, speed: 2, clock, log });
      const replayed = await steps(command, replay.port).finally(() => replay.close());
      assert.deepEqual(replayed, recorded);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
