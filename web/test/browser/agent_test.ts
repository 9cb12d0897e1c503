/** The pages with a real agent on a simulated gateway behind them. */
import { strict as assert } from "node:assert";
import { createKey } from "../../../db/keys.ts";
import { listening, startProgram, until } from "../programs.ts";
import { browserTest } from "./harness.ts";

browserTest(
  "the button has the agent read the chain and says how far it is; bars come when asked for; the agents' page says when it is gone",
  async (stage) => {
    await using stack = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "lastmark-agent-" });
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    await using gateway = startProgram(
      [
        "gateway-sim/main.ts",
        "--port",
        "0",
        "--control-port",
        "0",
        "--tick-delay",
        "10-50",
        "--message-limit",
        "0",
      ],
      {},
    );
    const { port } = await until(
      "the gateway listens",
      () => gateway.said.flatMap((line) => listening.safeParse(line).data ?? [])[0],
    );
    const { key } = await createKey(stage.sql, { agent: "deals" });
    await using agent = startProgram(["agent/main.ts", "run"], {
      SERVER_URL: stage.url,
      AGENT_ID: "deals",
      AGENT_API_KEY: key,
      IB_PORT: String(port),
      SPOOL_DIR: folder,
      TICKERS: "EA",
      COLLECTION_INTERVAL: "3600",
      RATE: "0",
      HEALTH_PORT: "off",
    });
    const { page, complaints } = await stage.open("/chains/EA");
    await page.locator("tr[data-call]").first().waitFor();
    await page.locator(".agents-dot", { hasText: "1 agent connected" }).waitFor();
    // The first read is over when every contract of the page has a time.
    await page.locator("text=Fetch option chain").click();
    const status = page.locator(".fetch [role=status]");
    await page.locator(".fetch [role=status]", { hasText: /Asked an agent|Read: / }).waitFor();
    await page.locator(".fetch [role=status]", { hasText: /^Read: [\d,]+ contracts are new\.$/ })
      .waitFor({ timeout: 60_000 });
    assert.doesNotMatch(await status.innerText(), /^Read: 0 /);

    await page.locator(".call.age a").first().click();
    await page.waitForURL(/\/contracts\//);
    await page.locator("html[data-awake]").waitFor();
    await page.click("text=IB’s daily bars of a year");
    await page.locator(".bars [role=status]", { hasText: /bars? from an agent/ })
      .waitFor({ timeout: 60_000 });
    await page.locator(".bars .u-over").waitFor();

    await page.goto(`${stage.url}/agents`);
    const card = page.locator('[data-agent="deals"]');
    assert.match(await card.innerText(), /ok\s+Prices arrive\./);
    assert.match(
      await page.locator(".gateway h2").first().innerText(),
      new RegExp(`127\\.0\\.0\\.1:${port}`),
    );
    assert.match(await card.innerText(), /lines used \/ limit\s+\d+ \/ 95/);
    await agent.kill("SIGKILL");
    await page.locator(".agents-dot", { hasText: "no agent connected" }).waitFor({
      timeout: 90_000,
    });
    await page.locator('[data-agent="deals"] .fresh.cached', { hasText: "offline" })
      .waitFor({ timeout: 90_000 });
    assert.deepEqual(complaints, []);
  },
);
