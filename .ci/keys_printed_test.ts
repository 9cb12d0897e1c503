import { strict as assert } from "node:assert";
import { keyText } from "../db/keys.ts";
import { linesWithKeys } from "./keys_printed.ts";

const KEY = keyText(new Uint8Array(20).fill(9));

Deno.test("linesWithKeys() finds a key wherever it stands in a line, and does not repeat it", () => {
  const text = [
    "nothing",
    `{"authorization":"Bearer ${KEY}"}`,
    `AGENT_API_KEY=${KEY}`,
    `x${KEY}x`,
    `${KEY} ${KEY}`,
  ].join("\n");
  assert.deepEqual(linesWithKeys(text), [
    '{"authorization":"Bearer lm_agent_…"}',
    "AGENT_API_KEY=lm_agent_…",
    "xlm_agent_…x",
    "lm_agent_… lm_agent_…",
  ]);
});

Deno.test("linesWithKeys() lets pass what only looks like a key", () => {
  const wrong = KEY.slice(0, -1) + (KEY.endsWith("0") ? "1" : "0");
  assert.deepEqual(linesWithKeys(`${wrong}\nlm_agent_…\n${KEY.slice(0, 30)}`), []);
});
