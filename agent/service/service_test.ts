import { strict as assert } from "node:assert";
import { runAgentProgram } from "../test/programs.ts";
import {
  bytesOf,
  commandsText,
  install,
  NotPermitted,
  ServiceRefused,
  uninstall,
} from "./install.ts";
import { type Platform, platformOf, type Service, serviceOf, type ServiceSpec } from "./service.ts";

const SPEC: ServiceSpec = {
  platform: "systemd",
  scope: "user",
  agentId: "deals",
  command: [
    "/opt/deno",
    "run",
    "--allow-net",
    "/srv/last mark/agent/main.ts",
    "run",
    '50% "&<$5>"',
  ],
  folder: "/srv/last mark",
  home: "/home/jane",
};
const PLATFORMS: readonly Platform[] = ["systemd", "launchd", "windows"];

/** Fails where a text is no well-formed XML: tags that do not nest, bare ampersands and brackets. */
function assertWellFormed(xml: string): void {
  const open: string[] = [];
  const body = xml.replace(/^<\?xml[^?]*\?>\s*(<!DOCTYPE[^>]*>)?/, "");
  for (
    const [token, closes, name = "", attributes = "", empty] of body.matchAll(
      /<(\/?)([\w:]+)((?:\s[\w:]+="[^"<]*")*)\s*(\/?)>|[^<]+|</g,
    )
  ) {
    if (!token.startsWith("<")) {
      assert.doesNotMatch(token, /&(?!amp;|lt;|gt;)|>/, token);
      continue;
    }
    assert.notEqual(name, "", `a bare < at ${token}`);
    assert.doesNotMatch(attributes, /&(?!amp;|lt;|gt;)/);
    if (closes) assert.equal(open.pop(), name);
    else if (!empty) open.push(name);
  }
  assert.deepEqual(open, []);
}

for (const platform of PLATFORMS) {
  for (const scope of ["user", "system"] as const) {
    Deno.test(`${platform}, ${scope}: the definition holds no key, the settings are the owner's alone`, () => {
      const { definition, settings, start, stop } = serviceOf({ ...SPEC, platform, scope });
      assert.doesNotMatch(definition.text, /API_KEY/);
      assert.match(settings.text, /^AGENT_API_KEY=$/m);
      assert.match(settings.text, /^AGENT_ID=deals$/m);
      assert.equal(settings.mode, 0o600);
      assert.ok(start.length > 0 && stop.length > 0);
      if (platform !== "systemd") assertWellFormed(definition.text);
    });
  }
}

Deno.test("systemd: words with spaces, quotes, percent and dollar signs reach the agent as they are", () => {
  const { definition } = serviceOf(SPEC);
  assert.match(definition.text, /^WorkingDirectory=\/srv\/last mark$/m);
  const line = /^ExecStart=(.*)$/m.exec(definition.text)?.[1];
  assert.equal(
    line,
    `/opt/deno run --allow-net "/srv/last mark/agent/main.ts" run "50%% \\"&<$$5>\\""`,
  );
  assert.match(
    definition.text,
    /^EnvironmentFile=\/home\/jane\/\.config\/lastmark\/agent-deals\.env$/m,
  );
  assert.match(definition.text, /^RestartPreventExitStatus=64$/m);
});

Deno.test("systemd: a unit of the system is started by systemctl, a person's by systemctl --user", () => {
  const system = serviceOf({ ...SPEC, scope: "system" });
  assert.equal(system.definition.path, "/etc/systemd/system/lastmark-agent-deals.service");
  assert.equal(
    commandsText(system.start),
    "systemctl daemon-reload && systemctl enable --now lastmark-agent-deals.service",
  );
  assert.match(system.definition.text, /WantedBy=multi-user\.target/);
  assert.match(system.definition.text, /^DynamicUser=true$/m, "it does not run as root");
  assert.match(commandsText(serviceOf(SPEC).start), /^systemctl --user daemon-reload/);
});

Deno.test({
  name: "systemd: systemd-analyze finds nothing wrong with the units",
  ignore: Deno.build.os !== "linux" || !await exists("/usr/bin/systemd-analyze"),
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "lastmark-service-" });
    try {
      for (const scope of ["user", "system"] as const) {
        const unit = serviceOf({
          ...SPEC,
          scope,
          command: [Deno.execPath(), ...SPEC.command.slice(1)],
          folder,
        });
        const path = `${folder}/lastmark-agent-${scope}.service`;
        await Deno.writeTextFile(path, unit.definition.text);
        const { code, stderr } = await new Deno.Command("systemd-analyze", {
          args: ["verify", ...(scope === "user" ? ["--user"] : []), "--man=no", path],
          env: { XDG_RUNTIME_DIR: folder, SYSTEMD_LOG_TARGET: "console" },
        }).output();
        const said = new TextDecoder().decode(stderr).split("\n")
          .filter((line) => line.includes(`lastmark-agent-${scope}`));
        assert.deepEqual([code, said], [0, []]);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.test("launchd: a shell reads the settings and becomes the agent, its words unchanged", async () => {
  const { definition } = serviceOf({ ...SPEC, platform: "launchd" });
  const strings = [...definition.text.matchAll(/<string>(.*?)<\/string>/gs)].map(([, text = ""]) =>
    text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")
  );
  const at = strings.indexOf("/bin/sh");
  assert.deepEqual(strings.slice(at + 4, at + 4 + SPEC.command.length), SPEC.command);
  const folder = await Deno.makeTempDir({ prefix: "lastmark-service-" });
  try {
    await Deno.writeTextFile(`${folder}/it's.env`, "AGENT_ID=deals\nAGENT_API_KEY=k-1\n");
    const script = strings[at + 2]?.replace(/'.*'/, `'${folder}/it'\\''s.env'`) ?? "";
    if (Deno.build.os === "windows") return;
    const { stdout } = await new Deno.Command("/bin/sh", {
      args: [
        "-c",
        script,
        "lastmark-agent",
        "/bin/sh",
        "-c",
        'echo "$AGENT_API_KEY $1"',
        "sh",
        "a b",
      ],
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "k-1 a b\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("windows: the task is UTF-16, its arguments are quoted, and it is never ended by itself", () => {
  const { definition } = serviceOf({ ...SPEC, platform: "windows", home: "C:\\Users\\Jane" });
  assert.match(definition.text, /<Command>\/opt\/deno<\/Command>/);
  assert.match(
    definition.text,
    /"\/srv\/last mark\/agent\/main\.ts" run "50% \\"&amp;&lt;\$5&gt;\\""/,
  );
  assert.match(definition.text, /<ExecutionTimeLimit>PT0S/);
  const bytes = bytesOf(definition);
  assert.deepEqual([...bytes.subarray(0, 4)], [0xff, 0xfe, "<".charCodeAt(0), 0]);
  assert.equal(new TextDecoder("utf-16le").decode(bytes), definition.text);
});

Deno.test("platformOf() knows the three systems, and takes others for those with systemd", () => {
  assert.deepEqual(["windows", "darwin", "linux"].map(platformOf), [
    "windows",
    "launchd",
    "systemd",
  ]);
});

/** A service whose files are in a folder of the test. */
async function withService(work: (service: Service) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "lastmark-service-" });
  try {
    await work(serviceOf({ ...SPEC, home }));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("install writes the files, starts nothing without a key's file, and never writes over one", async () => {
  await withService(async (service) => {
    const ran: string[] = [];
    const run = (words: readonly string[]) => {
      ran.push(words.join(" "));
      return Promise.resolve({ code: 0, stderr: "" });
    };
    const first = await install(service, run);
    assert.match(
      first.join("\n"),
      /Write the agent's key into it, then start the agent: systemctl/,
    );
    assert.deepEqual(ran, []);
    await Deno.writeTextFile(service.settings.path, "AGENT_API_KEY=k-1\n");
    await Deno.chmod(service.settings.path, 0o644);
    await install(service, run);
    assert.deepEqual(ran, service.start.map((words) => words.join(" ")));
    assert.equal(await Deno.readTextFile(service.settings.path), "AGENT_API_KEY=k-1\n");
    assert.equal(((await Deno.stat(service.settings.path)).mode ?? 0) & 0o777, 0o600);
    assert.equal(await Deno.readTextFile(service.definition.path), service.definition.text);
    const gone = await uninstall(service, run);
    assert.match(gone.join("\n"), /stays: it may hold the key/);
    assert.ok(!await exists(service.definition.path));
    assert.ok(await exists(service.settings.path));
  });
});

Deno.test("what the system refuses is said, with the command that it was", async () => {
  await withService(async (service) => {
    const run = () => Promise.resolve({ code: 1, stderr: "no bus\n" });
    await install(service, run);
    await assert.rejects(
      install(service, run),
      new ServiceRefused("systemctl --user daemon-reload ended with 1: no bus"),
    );
    await Deno.remove(service.definition.path);
    await assert.rejects(uninstall(service, run), /nothing was installed \(no bus\)/);
  });
});

Deno.test("where no program may be run, the person is told what to run, and nothing is half done", async () => {
  await withService(async (service) => {
    const run = () => Promise.reject(new NotPermitted("run"));
    await install(service, run);
    const said = await install(service, run);
    assert.match(said.join("\n"), /Start it: systemctl --user daemon-reload && systemctl/);
    await assert.rejects(uninstall(service, run), /End it first: systemctl --user disable --now/);
    assert.ok(await exists(service.definition.path));
  });
});

Deno.test("agent service prints what would be installed, for any platform, and needs a name", async () => {
  for (const platform of PLATFORMS) {
    const run = await runAgentProgram(["service", "--agent-id", "deals", "--platform", platform]);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /agent\/main\.ts/);
    assert.match(run.stdout, /AGENT_ID=deals/);
    assert.equal(run.stderr, "");
  }
  const nameless = await runAgentProgram(["service"]);
  assert.equal(nameless.code, 64);
  assert.match(nameless.stderr, /--agent-id/);
  const foreign = platformOf(Deno.build.os) === "windows" ? "systemd" : "windows";
  const elsewhere = await runAgentProgram(
    ["service", "--agent-id", "deals", "--install", "--platform", foreign],
  );
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.stderr, /cannot be installed here/);
});
