import { strict as assert } from "node:assert";
import { AGENT_STATES, REASON_OF_STATE, sentenceOfState } from "./agent_state.ts";

Deno.test("every state of an agent is listed once and has a sentence of its own", () => {
  assert.deepEqual(AGENT_STATES.toSorted(), Object.keys(REASON_OF_STATE).toSorted());
  const sentences = AGENT_STATES.map(sentenceOfState);
  assert.equal(new Set(sentences).size, AGENT_STATES.length);
  for (const sentence of sentences) assert.match(sentence, /^[A-Z].*\.$/);
});
