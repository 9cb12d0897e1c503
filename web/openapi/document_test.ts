import { strict as assert } from "node:assert";
import { routes } from "../routes.ts";
import { describeApi } from "./document.ts";

const document = describeApi(routes, "1.2.3");
const calls = Object.values(document.paths).flatMap((methods) => Object.values(methods));

Deno.test("every reference of the document leads somewhere", () => {
  const schemas = document.components["schemas"];
  assert.ok(typeof schemas === "object" && schemas !== null);
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
  const names = [...references].map(([, name = ""]) => name);
  assert.ok(names.length > 20);
  for (const name of names) assert.ok(name in schemas, name);
  assert.doesNotMatch(JSON.stringify(document), /"\$ref":"(?!#\/components\/schemas\/\w+")/);
});

Deno.test("every call has a name of its own, what it answers when it fails, and every name of its path", () => {
  assert.equal(new Set(calls.map(({ operationId }) => operationId)).size, calls.length);
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const { parameters, responses } of Object.values(methods)) {
      const inPath = parameters.filter((one) => one.in === "path").map(({ name }) => `{${name}}`);
      assert.deepEqual(path.match(/\{\w+\}/g) ?? [], inPath, path);
      assert.ok("200" in responses && "500" in responses, path);
    }
  }
});

Deno.test("the calls of agents ask for a key, and tell of one that is refused or used too often", () => {
  // Two calls that tell users of agents have the same tag.
  const agents = calls.filter(({ tags, security }) => tags.includes("agents") && security?.length);
  assert.ok(agents.length > 2);
  for (const { security, responses } of agents) {
    assert.deepEqual(security, [{ agentKey: [] }]);
    for (const status of ["401", "403", "429", "503"]) assert.ok(status in responses, status);
  }
});

Deno.test("fields say what they are", () => {
  assert.match(JSON.stringify(document), /a fraction: 0\.25 is 25 %/);
  const [parameter] = document.paths["/api/chains/{ticker}/changes"]?.["get"]?.parameters
    .filter(({ name }) => name === "since") ?? [];
  assert.deepEqual([parameter?.in, parameter?.required], ["query", true]);
});
