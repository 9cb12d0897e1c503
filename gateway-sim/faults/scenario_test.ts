import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { Faults } from "./faults.ts";
import { parseScenario, playScenario, ScenarioError } from "./scenario.ts";

Deno.test("a scenario switches faults on and off at its times, and again", () => {
  const clock = manualClock();
  const faults = new Faults(clock, 1);
  const scenario = parseScenario(
    JSON.stringify({
      repeatEverySeconds: 100,
      steps: [
        { atSeconds: 0, fault: { fault: "mute" } },
        { atSeconds: 10, fault: { fault: "refuse" } },
        { atSeconds: 20, end: 0 },
        { atSeconds: 30, end: "all" },
      ],
    }),
    "a.json",
  );
  const stop = playScenario(scenario, faults, clock);
  const names = (): string => faults.list().map(({ fault }) => fault.fault).join(" ");
  const seen: string[] = [];
  for (const waitMs of [1, 10_000, 10_000, 10_000, 70_000]) {
    clock.advance(waitMs);
    seen.push(names());
  }
  assert.deepEqual(seen, ["mute", "mute refuse", "refuse", "", "mute"]);
  stop();
  clock.advance(500_000);
  assert.equal(names(), "mute");
});

for (const name of ["night", "competing_session"]) {
  Deno.test(`the scenario ${name} that is shipped can be read`, async () => {
    const path = new URL(`./scenarios/${name}.json`, import.meta.url);
    assert.ok(parseScenario(await Deno.readTextFile(path), name).steps.length > 1);
  });
}

Deno.test("a scenario that is wrong says where, and what is allowed", () => {
  const cases: readonly [string, RegExp][] = [
    ["{", /s\.json is not JSON/],
    ["{}", /s\.json, steps/],
    ['{"steps":[{"atSeconds":1}]}', /steps, step 0: must be/],
    ['{"steps":[{"atSeconds":1,"end":3}]}', /step 0: there is no other step 3/],
    [
      '{"steps":[{"atSeconds":1,"fault":{"fault":"nope"}}]}',
      /step 0, fault: 'nope' is no fault; there are: drop/,
    ],
    [
      '{"steps":[{"atSeconds":1,"fault":{"fault":"refuse","lingerSeconds":1}}]}',
      /refuse has no setting lingerSeconds; it has: seconds/,
    ],
  ];
  for (const [text, expected] of cases) {
    assert.throws(() => parseScenario(text, "s.json"), (error) => {
      assert.ok(error instanceof ScenarioError);
      assert.match(error.message, expected);
      return true;
    });
  }
});
