/**
 * A second server as far as notifications go: listens to `DATABASE_URL` as one does, says so by
 * `{"port": 0}`, and ends when its standard input is closed.
 */
import { endOfProgram } from "../../base/lifetime.ts";
import { connectDatabase } from "../../db/connect.ts";
import { listenBatches } from "../../db/notify.ts";

if (import.meta.main) {
  const ending = endOfProgram({ lifeline: true });
  const url = Deno.env.get("DATABASE_URL") ?? "";
  const sql = connectDatabase({ url, program: "bench listener", max: 1 });
  await listenBatches(sql, () => {}, () => console.log(JSON.stringify({ port: 0 })));
  ending.addEventListener("abort", () => Deno.exit(0));
}
