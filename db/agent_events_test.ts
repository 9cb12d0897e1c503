import { strict as assert } from "node:assert";
import { agentEvents } from "./agent_events.ts";
import { withTestDatabase } from "./testing.ts";

const DAY_MS = 86_400_000;

Deno.test("a session that begins and each state that becomes another are events, the newest first", async () => {
  await withTestDatabase(async (sql) => {
    const holder = crypto.randomUUID();
    await sql`
      INSERT INTO agent_sessions (
        holder, session_id, server_id, agent, version, takes, auto, expires_at
      )
      VALUES (
        ${holder}::uuid, gen_random_uuid(), gen_random_uuid(), 'deals', '0.1.0', '{}', true, now()
      )`;
    const become = (state: string, detail: string) =>
      sql`
        UPDATE agent_sessions
        SET state = ${state}, status = jsonb_build_object('gateway', jsonb_build_object('detail', ${detail}::text))
        WHERE holder = ${holder}::uuid`;
    await become("ok", "");
    await become("ok", "the same again");
    await become("competing_session", "10197");
    const told = (await agentEvents(sql, DAY_MS)).map(({ event, state, detail }) =>
      [event, state, detail].join(" ")
    );
    assert.deepEqual(told, [
      "state competing_session 10197",
      "state ok ",
      "session connecting 0.1.0",
    ]);
    await sql`UPDATE agent_events SET at = now() - interval '2 days' WHERE state = 'ok'`;
    assert.equal((await agentEvents(sql, DAY_MS)).length, 2);
  });
});
