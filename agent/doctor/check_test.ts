import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { type Check, failed, type Finding, ok, type Result, runChecks, warning } from "./check.ts";
import { exitCodeOf, linesOf, summaryOf } from "./report.ts";

function check(name: string, needs: readonly string[], run: () => Promise<Finding>): Check<null> {
  return { name, needs, deadlineMs: 2_000, whenSilent: "Wait.", run };
}

Deno.test("a check whose need failed is not run, nor what needs that one, and both say so", async () => {
  const ran: string[] = [];
  const run = (name: string, finding: Finding) => () => {
    ran.push(name);
    return Promise.resolve(finding);
  };
  const results = await runChecks(
    [
      check("a", [], run("a", warning("hm", "Look."))),
      check("b", ["a"], run("b", failed("no", "Do."))),
      check("c", ["b"], run("c", ok("yes"))),
      check("d", ["c"], run("d", ok("yes"))),
    ],
    null,
    manualClock(),
  );
  assert.deepEqual(ran, ["a", "b"], "a warning does not stop what needs it");
  assert.deepEqual(results.slice(2).map(({ verdict, says }) => [verdict, says]), [
    ["not_checked", "not checked: b did not succeed"],
    ["not_checked", "not checked: c did not succeed"],
  ]);
});

Deno.test("a check that hangs ends at its deadline, told by its signal, and the next one runs", async () => {
  const clock = manualClock();
  let told = false;
  const hanging: Check<null> = {
    ...check("a", [], () => Promise.resolve(ok(""))),
    run: (_, signal) =>
      new Promise(() => signal.addEventListener("abort", () => told = true, { once: true })),
  };
  const running = runChecks(
    [hanging, check("b", [], () => Promise.resolve(ok("yes")))],
    null,
    clock,
  );
  clock.advance(1_999);
  assert.ok(!told);
  clock.advance(1);
  const [first, second] = await running;
  assert.ok(told);
  assert.deepEqual([first?.verdict, first?.says, first?.todo, first?.tookMs], [
    "failed",
    "no answer within 2 s",
    "Wait.",
    2_000,
  ]);
  assert.equal(second?.verdict, "ok");
  assert.equal(clock.pending, 0);
});

Deno.test("what a check throws is what it found, by its cause where it has one", async () => {
  const throwing = (error: Error) => check("a", [], () => Promise.reject(error));
  const says = async (error: Error): Promise<string | undefined> =>
    (await runChecks([throwing(error)], null, manualClock()))[0]?.says;
  assert.equal(await says(new Error("broken")), "broken");
  assert.equal(
    await says(new TypeError("fetch failed", { cause: new Error("refused") })),
    "refused",
  );
});

Deno.test("the report has a sign for each verdict; only what failed makes the exit code 1", () => {
  const result = (verdict: Result["verdict"]): Result => ({
    check: "c",
    verdict,
    says: "s",
    tookMs: 1,
  });
  const all = (["ok", "warning", "failed", "not_checked"] as const).map(result);
  assert.deepEqual(all.flatMap(linesOf).map((line) => line[0]), ["✓", "!", "✗", "–"]);
  assert.equal(summaryOf(all), "1 ok, 1 to look at, 1 failed, 1 not checked");
  assert.equal(exitCodeOf(all), 1);
  assert.equal(exitCodeOf([result("ok"), result("warning")]), 0);
});
