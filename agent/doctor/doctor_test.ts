/** The doctor's checks, each made to fail in turn, and the whole as a program. */
import { strict as assert } from "node:assert";
import { type Clock, systemClock } from "../../base/clock.ts";
import { parseTicker } from "../../options/contract.ts";
import { LIFTED, runAgentProgram, startGateway } from "../test/programs.ts";
import { startRawGateway } from "../test/raw_gateway.ts";
import { type Check, type Finding, type Result, runChecks } from "./check.ts";
import { diskChecks, spaceFinding } from "./disk_checks.ts";
import { MOST_MS, rowsOfChecks } from "./doctor.ts";
import { gatewayChecks } from "./gateway_checks.ts";
import type { Patient } from "./patient.ts";
import { certificateFinding, clockFinding, serverChecks } from "./server_checks.ts";
import { CERTIFICATE, KEY_OF_CERTIFICATE } from "./test/certificate.ts";

const KEY = "lm_agent_b9d5mpjtb9d5mpjtb9d5mpjtb9d5mpjtzsdq3bfh";
const DAY_MS = 86_400_000;

type Settings = Patient["settings"];

function patient(settings: Partial<Settings> = {}, rest: Partial<Patient> = {}): Patient {
  const ticker = parseTicker("EA");
  assert.ok(ticker);
  return {
    settings: {
      ibHost: "127.0.0.1",
      ibPort: 1,
      rate: 45,
      lines: 95,
      serverUrl: new URL("http://127.0.0.1:1"),
      agentId: "deals",
      spool: "/nonexistent",
      spoolMax: 1,
      ...settings,
    },
    key: KEY,
    statusIds: { first: 200, last: 299 },
    ticker,
    clock: systemClock(),
    ...rest,
  };
}

async function examine(
  checks: readonly Check<Patient>[],
  one: Patient,
): Promise<Readonly<Record<string, Result>>> {
  try {
    const results = await runChecks(checks, one, one.clock);
    return Object.fromEntries(results.map((result) => [result.check, result]));
  } finally {
    one.probe?.close();
  }
}

function expect(result: Finding | undefined, verdict: Result["verdict"], says: RegExp): void {
  assert.equal(result?.verdict, verdict, JSON.stringify(result));
  assert.match(result?.says ?? "", says);
  if (verdict === "failed" || verdict === "warning") assert.ok(result?.todo, "says what to do");
}

/** A clock whose deadlines come twenty times as soon. */
function fastClock(): Clock {
  const real = systemClock();
  return { ...real, after: (delayMs, callback) => real.after(delayMs / 20, callback) };
}

/** A server that answers each path as told; everything else is 404. */
function server(answers: Readonly<Record<string, (request: Request) => Response>>) {
  const running = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      await request.text();
      const answer = answers[new URL(request.url).pathname];
      return answer?.(request) ?? new Response("no such page", { status: 404 });
    },
  );
  return {
    url: new URL(`http://127.0.0.1:${running.addr.port}`),
    [Symbol.asyncDispose]: () => running.shutdown(),
  };
}

const PING = () => Response.json({ status: "ok" });
const TICKERS = () => Response.json({ tickers: [{ ticker: "EA" }] });
const HEALTHY = {
  "/ping": PING,
  "/api/price-agent/tickers": TICKERS,
  "/api/price-agent/ingest-chain": () =>
    Response.json({ error: "Invalid request body" }, { status: 400 }),
};

Deno.test("all rows of checks together end within 30 s, each check at its own deadline", () => {
  for (const row of rowsOfChecks()) {
    const mostMs = row.reduce((sum, { deadlineMs }) => sum + deadlineMs, 0);
    assert.ok(mostMs <= MOST_MS, `${row.map(({ name }) => name)}: ${mostMs} ms`);
  }
  const names = rowsOfChecks().flat().map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

Deno.test("a healthy server: each check of it succeeds, and the key is asked of in its header alone", async () => {
  await using healthy = server({
    ...HEALTHY,
    "/api/price-agent/tickers": (request) =>
      request.headers.get("authorization") === `Bearer ${KEY}`
        ? TICKERS()
        : new Response(null, { status: 401 }),
  });
  const results = await examine(serverChecks(), patient({ serverUrl: healthy.url }));
  const verdicts = Object.values(results).map(({ check, verdict }) => [check, verdict]);
  assert.deepEqual(verdicts, serverChecks().map(({ name }) => [name, "ok"]));
  expect(results["agent key"], "ok", /accepted for deals; the server wants 1 tickers/);
});

Deno.test("settings: no agent, no key, a key with a line end, an unlimited rate to another machine", async () => {
  const settings = async (one: Patient) =>
    (await examine(serverChecks().slice(0, 1), one))["settings"];
  const { agentId: _, ...nameless } = patient().settings;
  expect(await settings({ ...patient(), settings: nameless }), "failed", /AGENT_ID is not set/);
  expect(await settings(patient({}, { key: undefined })), "failed", /AGENT_API_KEY is not set/);
  expect(await settings(patient({}, { key: "a\nb" })), "failed", /AGENT_API_KEY has spaces/);
  expect(await settings(patient({ rate: 0, ibHost: "10.0.0.1" })), "failed", /RATE is 0/);
});

Deno.test("server: nothing listens there; what needs it is not checked", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serverUrl = new URL(`http://127.0.0.1:${listener.addr.port}`);
  listener.close();
  const results = await examine(serverChecks(), patient({ serverUrl }));
  expect(results["server"], "failed", /refused/i);
  expect(results["clock"], "not_checked", /not checked: server/);
  expect(results["agent key"], "not_checked", /not checked: server/);
});

Deno.test("server: a login page that answers 200 is not Lastmark, and gets no key", async () => {
  let keys = 0;
  await using page = server({
    "/ping": (request) => {
      keys += Number(request.headers.has("authorization"));
      return new Response("<html>log in</html>");
    },
  });
  const results = await examine(serverChecks(), patient({ serverUrl: page.url }));
  expect(results["server"], "failed", /answers 200, and not as Lastmark/);
  assert.equal(results["agent key"]?.verdict, "not_checked");
  assert.equal(keys, 0);
});

Deno.test("agent key: refused, of another agent, and a server without its database", async () => {
  const refusal = (status: number, detail: string) => () =>
    Response.json({ error: "Invalid API key", detail }, { status });
  const keyOn = async (answers: Readonly<Record<string, () => Response>>) => {
    await using one = server({ ...HEALTHY, ...answers });
    return (await examine(serverChecks(), patient({ serverUrl: one.url })))["agent key"];
  };
  expect(
    await keyOn({ "/api/price-agent/tickers": refusal(403, "The key was revoked.") }),
    "failed",
    /refused: 403 Invalid API key \(The key was revoked\.\)/,
  );
  expect(
    await keyOn({ "/api/price-agent/ingest-chain": refusal(403, "Another's.") }),
    "failed",
    /accepted, and is not deals's/,
  );
  expect(
    await keyOn({ "/api/price-agent/tickers": refusal(503, "away") }),
    "failed",
    /the server answers 503/,
  );
});

Deno.test("clock: within 5 s is well, more is to be looked at, over a minute ahead is refused", () => {
  expect(clockFinding(4_000), "ok", /within 5 s/);
  expect(clockFinding(-90_000), "warning", /90 s behind/);
  expect(clockFinding(30_000), "warning", /30 s ahead/);
  expect(clockFinding(61_000), "failed", /61 s ahead.*refuses/);
  expect(clockFinding(undefined), "warning", /does not say/);
});

Deno.test("clock: it is held against the server's own", async () => {
  const real = systemClock();
  const clock = { ...real, realNowMs: () => real.realNowMs() + 3_600_000 };
  await using healthy = server(HEALTHY);
  const results = await examine(serverChecks(), patient({ serverUrl: healthy.url }, { clock }));
  expect(results["clock"], "failed", /3[56]\d\d s ahead/);
});

Deno.test("TLS: trusted for long, for days only, no more, and never", () => {
  const nowMs = Date.UTC(2026, 10, 27);
  const certificate = (days: number, distrust: string | null = null) =>
    certificateFinding({ validUntilMs: nowMs + days * DAY_MS, distrust }, nowMs);
  expect(certificate(90), "ok", /valid until 2027-02-25/);
  expect(certificate(13), "warning", /valid until 2026-12-10/);
  expect(certificate(-1, "CERT_HAS_EXPIRED"), "failed", /was valid until 2026-11-26/);
  expect(certificate(90, "SELF_SIGNED"), "failed", /not trusted: SELF_SIGNED/);
});

Deno.test("TLS: the certificate of a running server is read; plain text is no TLS", async () => {
  const tls = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      cert: CERTIFICATE,
      key: KEY_OF_CERTIFICATE,
      onListen: () => {},
    },
    () => new Response(),
  );
  const serverUrl = new URL(`https://127.0.0.1:${tls.addr.port}`);
  const results = await examine(serverChecks(), patient({ serverUrl }));
  expect(results["TLS"], "failed", /not trusted: .*SELF_SIGNED/);
  await tls.shutdown();
  await using plain = server(HEALTHY);
  const wrong = new URL(plain.url);
  wrong.protocol = "https:";
  const spoken = await examine(serverChecks(), patient({ serverUrl: wrong }));
  expect(spoken["TLS"], "failed", /no TLS at/);
});

Deno.test("gateway port: nothing listens there; what needs it is not checked", async () => {
  const results = await examine(gatewayChecks(), patient());
  expect(results["gateway port"], "failed", /nothing listens on 127\.0\.0\.1:1/);
  for (const check of ["gateway API", "read-only API", "option quote"]) {
    expect(results[check], "not_checked", /not checked/);
  }
});

Deno.test("gateway name: one that there is not", async () => {
  const results = await examine(
    gatewayChecks().slice(0, 1),
    patient({ ibHost: "no-such-host.invalid" }),
  );
  expect(results["gateway name"], "failed", /no-such-host\.invalid|no such name/);
});

Deno.test("gateway API: a deaf socket", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const sockets: Deno.TcpConn[] = [];
  const accepting = (async () => {
    for await (const socket of listener) sockets.push(socket);
  })().catch(() => {/* closed */});
  const results = await examine(
    gatewayChecks(),
    patient({ ibPort: listener.addr.port }, { clock: fastClock() }),
  );
  listener.close();
  await accepting;
  for (const socket of sockets) socket.close();
  expect(results["gateway API"], "failed", /no TWS handshake: it says nothing/);
});

/** A gateway that is played by hand: the doctor's port check comes first, then its connections. */
async function withScript(
  script: (gateway: ReturnType<typeof startRawGateway>) => Promise<void>,
  ids = { first: 200, last: 299 },
): Promise<Readonly<Record<string, Result>>> {
  await using gateway = startRawGateway();
  const playing = gateway.accept().then(() => script(gateway));
  const one = patient({ ibPort: gateway.address.port }, { statusIds: ids });
  const results = await examine(gatewayChecks().slice(0, 4), one);
  await playing;
  return results;
}

for (
  const [text, verdict, says] of [
    ["The API interface is currently in Read-Only mode.", "ok", /takes no orders/],
    [null, "warning", /takes orders/],
  ] as const
) {
  Deno.test(`read-only API: ${says.source}`, async () => {
    const results = await withScript(async (gateway) => {
      const peer = await gateway.accept();
      await peer.welcome();
      while ((await peer.next())[0] !== "5") { /* until it asks for open orders */ }
      if (text === null) await peer.send("53", "1");
      else {await peer.send(
          "4",
          "2",
          "-1",
          "321",
          `Error validating request.-'bN' : cause - ${text}`,
          "",
        );}
    });
    expect(results["gateway API"], "ok", /server version 193, client ID 200/);
    expect(results["read-only API"], verdict, says);
  });
}

Deno.test("gateway API: a client ID that is taken is left for the next; three are too many", async () => {
  const taken = [
    "4",
    "2",
    "-1",
    "326",
    "Unable to connect as the client id is already in use.",
    "",
  ];
  const refuse = async (gateway: ReturnType<typeof startRawGateway>) => {
    const peer = await gateway.accept();
    await peer.next();
    await peer.send("193", "20261121 09:30:00 US/Eastern");
    const start = await peer.next();
    await peer.send(...taken);
    return start[2];
  };
  const asked: (string | undefined)[] = [];
  const all = await withScript(async (gateway) => {
    for (let tries = 0; tries < 3; tries++) asked.push(await refuse(gateway));
  });
  assert.deepEqual(asked, ["200", "201", "202"]);
  expect(all["gateway API"], "failed", /200, 201, 202 are all taken/);
  const one = await withScript(async (gateway) => {
    await refuse(gateway);
    const peer = await gateway.accept();
    await peer.welcome();
    while ((await peer.next())[0] !== "5") { /* until it asks for open orders */ }
    await peer.send("53", "1");
  });
  expect(one["gateway API"], "warning", /client ID 201; the one before is taken/);
});

Deno.test("spool folder: a file in its place, a folder that may not be written to, a full disk", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-doctor-" });
  try {
    const sound = await examine(diskChecks(), patient({ spool: `${folder}/made/for/it` }));
    expect(sound["spool folder"], "ok", /can be written to/);
    expect(sound["disk space"], spaceVerdict(sound), /MiB free/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${folder}/made/for/it`)), []);
    await Deno.writeTextFile(`${folder}/file`, "");
    const file = await examine(diskChecks(), patient({ spool: `${folder}/file` }));
    expect(file["spool folder"], "failed", /cannot be written to/);
    expect(file["disk space"], "not_checked", /not checked/);
    if (Deno.build.os === "linux") {
      // Read-only for everyone, root included; and a device that is always full.
      const proc = await examine(diskChecks(), patient({ spool: "/proc/lastmark" }));
      expect(proc["spool folder"], "failed", /cannot be written to/);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  expect(spaceFinding(10 * 1024 ** 2), "failed", /10 MiB free/);
  expect(spaceFinding(100 * 1024 ** 2), "warning", /100 MiB free/);
  expect(spaceFinding(1024 ** 3), "ok", /1024 MiB free/);
});

/** The machine that runs this may be short of space itself. */
function spaceVerdict(results: Readonly<Record<string, Result>>): Result["verdict"] {
  return results["disk space"]?.verdict ?? "not_checked";
}

Deno.test("agent doctor", async (test) => {
  await using gateway = await startGateway(...LIFTED);
  await using healthy = server(HEALTHY);
  const spool = await Deno.makeTempDir({ prefix: "lastmark-doctor-" });
  const environment = {
    SERVER_URL: healthy.url.href,
    AGENT_ID: "deals",
    AGENT_API_KEY: KEY,
    IB_PORT: String(gateway.port),
    SPOOL_DIR: spool,
  };

  await test.step("finds all well, with exit code 0, and leaves neither line nor connection", async () => {
    const run = await runAgentProgram(["doctor", "--ticker", "EA"], environment);
    assert.equal(run.code, 0, run.stdout + run.stderr);
    assert.match(run.stdout, /✓ option quote +EA .*: ticks, realtime/);
    assert.match(run.stdout, /✓ agent key +accepted for deals/);
    assert.match(run.stdout, /\d+ ok, \d+ to look at, 0 failed\n$/);
    assert.doesNotMatch(run.stdout, /lm_agent_b9/);
    const state = await (await fetch(`http://127.0.0.1:${gateway.controlPort}/state`)).json();
    assert.equal(state.connections.length, 0);
    assert.equal(state.lines.used, 0);
  });

  await test.step("says as JSON what failed, with exit code 1", async () => {
    const run = await runAgentProgram(["doctor", "--ticker", "NOSUCH", "--json"], environment);
    assert.equal(run.code, 1);
    const report = JSON.parse(run.stdout);
    assert.ok(!report.ok);
    const quote = report.checks.find(({ check }: Result) => check === "option quote");
    assert.equal(quote.verdict, "failed");
    assert.match(quote.says, /knows no options of NOSUCH/);
  });

  await test.step("sees the market closed as no failure", async () => {
    await fetch(`http://127.0.0.1:${gateway.controlPort}/market`, {
      method: "POST",
      body: JSON.stringify({ open: false }),
    }).then((answer) => answer.body?.cancel());
    const run = await runAgentProgram(["doctor", "--ticker", "EA"], environment);
    assert.equal(run.code, 0, run.stdout);
    assert.match(run.stdout, /option quote +EA .*frozen/);
  });
  await Deno.remove(spool, { recursive: true });
});
