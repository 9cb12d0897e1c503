import { strict as assert } from "node:assert";
import { isSecretName, secretNameOf } from "./key_secret.ts";

Deno.test("secretNameOf() makes a name that Kubernetes takes of every agent's name", () => {
  const names = [
    ["deals", "lastmark-agent-deals"],
    ["deals-12", "lastmark-agent-deals-12"],
    ["Desk_1.", "lastmark-agent-desk-1"],
    ["a..b--c__d", "lastmark-agent-a-b-c-d"],
    ["0" + "-".repeat(63), "lastmark-agent-0"],
  ] as const;
  for (const [agent, name] of names) {
    assert.equal(secretNameOf(agent), name);
    assert.ok(isSecretName(name), name);
  }
});

Deno.test("isSecretName() takes DNS subdomains only", () => {
  for (const name of ["a", "lastmark-agent-deals", "a.b-c.d0", "x".repeat(253)]) {
    assert.ok(isSecretName(name), name);
  }
  for (const name of ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a\nb", "x".repeat(254)]) {
    assert.ok(!isSecretName(name), name);
  }
});
