import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { newsOnly, plainLine, readLogLine, teller } from "./say.ts";

Deno.test("teller() says who and what after the seconds since it began", () => {
  const clock = manualClock();
  const lines: string[] = [];
  const say = teller(clock, (line) => lines.push(line));
  clock.advance(12_340);
  say("web", "on http://127.0.0.1:8000");
  assert.deepEqual(lines, ["  12.3 s  web       on http://127.0.0.1:8000"]);
});

Deno.test("plainLine() leaves text that is no log line as it is", () => {
  for (
    const line of ["", "plain", "{not JSON", "{}", `{"level":"loud","event":"x","message":"m"}`]
  ) {
    assert.equal(plainLine(line), line);
    assert.equal(readLogLine(line), undefined);
  }
});

Deno.test("plainLine() quotes values that hold spaces", () => {
  const line = JSON.stringify({
    level: "info",
    event: "x",
    message: "M",
    a: "b c",
    n: 1,
    none: null,
  });
  assert.equal(plainLine(line), `M a="b c" n=1`);
});

Deno.test("newsOnly() lets through once what comes with every read, and every warning", () => {
  const isNews = newsOnly();
  const line = (fields: Record<string, unknown>): string =>
    JSON.stringify({ level: "info", event: "ingest.stored", message: "M", ...fields });
  const lines = [
    line({ ticker: "EA" }),
    line({ ticker: "SPX" }),
    line({ ticker: "EA", event: "delivery.posted" }),
    line({ level: "warn", ticker: "EA" }),
    line({}),
    "plain",
  ];
  assert.deepEqual(lines.map(isNews), [true, true, true, true, true, true]);
  assert.deepEqual(lines.map(isNews), [false, false, false, true, true, true]);
});
