/** An agent as a service of the system it runs on: the files that say how to run it. */
import { dirname, join } from "node:path";

/** What runs services. */
export type Platform = "systemd" | "launchd" | "windows";

/** Whose service it is: the machine's, or one person's. */
export type Scope = "system" | "user";

/** What a service is made of. */
export interface ServiceSpec {
  readonly platform: Platform;
  readonly scope: Scope;
  readonly agentId: string;
  /** The program with its arguments. */
  readonly command: readonly string[];
  /** The folder it runs in: that of the checkout. */
  readonly folder: string;
  /** The person's home. */
  readonly home: string;
}

/** A file to write. */
export interface ServiceFile {
  readonly path: string;
  readonly text: string;
  /** Who may read it, as in `chmod`. */
  readonly mode: number;
  /** Task Scheduler reads what it writes itself: UTF-16 with a mark of its byte order. */
  readonly encoding?: "utf-16";
}

/** A service, ready to be installed. */
export interface Service {
  /** The unit, plist or task. It never holds a key. */
  readonly definition: ServiceFile;
  /** Where the settings stand, the key among them; its text is what a new one begins with. */
  readonly settings: ServiceFile;
  /** What makes the system take and start it. */
  readonly start: readonly (readonly string[])[];
  /** What ends it and makes the system forget it. */
  readonly stop: readonly (readonly string[])[];
}

const OWNER_ONLY = 0o600;
const READABLE = 0o644;

/** How soon after its end, whatever it was, the agent is run again. */
const RESTART_S = 10;

/** The service of an agent on a platform. */
export function serviceOf(spec: ServiceSpec): Service {
  switch (spec.platform) {
    case "systemd":
      return systemd(spec);
    case "launchd":
      return launchd(spec);
    case "windows":
      return windows(spec);
  }
}

/** The platform of an operating system, as `Deno.build.os` names it. */
export function platformOf(os: string): Platform {
  if (os === "windows") return "windows";
  return os === "darwin" ? "launchd" : "systemd";
}

function systemd(spec: ServiceSpec): Service {
  const { scope, agentId, folder, home } = spec;
  const unit = `lastmark-agent-${agentId}.service`;
  const ofUser = scope === "user";
  const settings = ofUser
    ? join(home, ".config/lastmark", `agent-${agentId}.env`)
    : `/etc/lastmark/agent-${agentId}.env`;
  const path = ofUser ? join(home, ".config/systemd/user", unit) : `/etc/systemd/system/${unit}`;
  // A person's services need no word for it: theirs are the ones asked for by --user.
  const control = ["systemctl", ...(ofUser ? ["--user"] : [])];
  const text = `[Unit]
Description=Lastmark price agent ${agentId}
Wants=network-online.target
After=network-online.target
# It never gives up: a gateway may be away for a weekend.
StartLimitIntervalSec=0

[Service]
Type=exec
WorkingDirectory=${unitText(folder)}
EnvironmentFile=${unitText(settings)}
ExecStart=${spec.command.map(unitWord).join(" ")}
Restart=always
RestartSec=${RESTART_S}
# 64: a setting is wrong. It will be so again.
RestartPreventExitStatus=64
TimeoutStopSec=15
NoNewPrivileges=true
${ofUser ? "" : systemSettings(unit.replace(/\.service$/, ""))}
[Install]
WantedBy=${ofUser ? "default.target" : "multi-user.target"}
`;
  return {
    definition: { path, text, mode: READABLE },
    settings: { path: settings, text: environmentText(agentId), mode: OWNER_ONLY },
    start: [[...control, "daemon-reload"], [...control, "enable", "--now", unit]],
    stop: [[...control, "disable", "--now", unit]],
  };
}

/**
 * A service of the machine has a user of its own that exists while it runs, and folders of that
 * user's for the spool and for what Deno keeps (systemd.exec(5), DynamicUser=).
 */
function systemSettings(name: string): string {
  return `DynamicUser=true
StateDirectory=${name}
CacheDirectory=${name}
Environment=SPOOL_DIR=%S/${name} DENO_DIR=%C/${name}
`;
}

/** A word of a command line in a unit (systemd.service(5), "Command lines"). */
function unitWord(word: string): string {
  const escaped = unitText(word).replaceAll("$", "$$$$");
  return /^[\w./:=@,%$+-]+$/.test(escaped)
    ? escaped
    : `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** `%` begins a specifier in any value of a unit (systemd.unit(5), "Specifiers"). */
function unitText(text: string): string {
  return text.replaceAll("%", "%%");
}

function launchd(spec: ServiceSpec): Service {
  const { scope, agentId, folder, home } = spec;
  const label = `dev.lastmark.agent.${agentId}`;
  const ofUser = scope === "user";
  const base = ofUser ? home : "/";
  const settings = ofUser
    ? join(home, ".config/lastmark", `agent-${agentId}.env`)
    : `/etc/lastmark/agent-${agentId}.env`;
  const path = join(base, `Library/Launch${ofUser ? "Agents" : "Daemons"}`, `${label}.plist`);
  const log = join(base, "Library/Logs", `lastmark-agent-${agentId}.log`);
  // launchd knows no file of settings: a shell reads it and becomes the agent.
  const shell = `set -a; . ${shellWord(settings)}; set +a; exec "$@"`;
  const words = ["/bin/sh", "-c", shell, "lastmark-agent", ...spec.command];
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${xmlText(label)}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${xmlText(word)}</string>`).join("\n")}
  </array>
  <key>WorkingDirectory</key>
  <string>${xmlText(folder)}</string>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <true/>
  <key>ThrottleInterval</key>
  <integer>${RESTART_S}</integer>
  <key>StandardOutPath</key>
  <string>${xmlText(log)}</string>
  <key>StandardErrorPath</key>
  <string>${xmlText(log)}</string>
</dict>
</plist>
`;
  // `launchctl load` loads into the domain of who calls it; -w keeps it so over restarts.
  return {
    definition: { path, text, mode: READABLE },
    settings: { path: settings, text: environmentText(agentId), mode: OWNER_ONLY },
    start: [["launchctl", "load", "-w", path]],
    stop: [["launchctl", "unload", "-w", path]],
  };
}

function shellWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function windows(spec: ServiceSpec): Service {
  const { scope, agentId, folder, home } = spec;
  const task = `Lastmark agent ${agentId}`;
  const ofUser = scope === "user";
  const own = `${home}\\AppData\\Local\\Lastmark`;
  const settings = `${folder}\\.env.local`;
  const path = `${own}\\agent-${agentId}.xml`;
  const [program = "", ...args] = spec.command;
  const principal = ofUser
    ? "<LogonType>InteractiveToken</LogonType>"
    // S-1-5-19 is the local service: it has no rights but to run (well-known SIDs).
    : "<UserId>S-1-5-19</UserId>";
  const trigger = ofUser ? "LogonTrigger" : "BootTrigger";
  const text = `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>${xmlText(`Lastmark price agent ${agentId}`)}</Description>
  </RegistrationInfo>
  <Triggers>
    <${trigger}>
      <Enabled>true</Enabled>
    </${trigger}>
  </Triggers>
  <Principals>
    <Principal id="Agent">
      ${principal}
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>999</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Agent">
    <Exec>
      <Command>${xmlText(program)}</Command>
      <Arguments>${xmlText(args.map(windowsWord).join(" "))}</Arguments>
      <WorkingDirectory>${xmlText(folder)}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
`;
  return {
    definition: { path, text, mode: READABLE, encoding: "utf-16" },
    settings: { path: settings, text: environmentText(agentId), mode: OWNER_ONLY },
    start: [
      ["schtasks", "/Create", "/TN", task, "/XML", path, "/F"],
      ["schtasks", "/Run", "/TN", task],
    ],
    stop: [["schtasks", "/End", "/TN", task], ["schtasks", "/Delete", "/TN", task, "/F"]],
  };
}

/** A word of a Windows command line, as CommandLineToArgvW reads it. */
function windowsWord(word: string): string {
  if (word !== "" && !/[\s"]/.test(word)) return word;
  return `"${word.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** What a new file of settings begins with. */
function environmentText(agentId: string): string {
  return `# Settings of the price agent ${agentId}; nobody else may read this file.
AGENT_ID=${agentId}
# The key that keys create --agent ${agentId} showed:
AGENT_API_KEY=
SERVER_URL=http://127.0.0.1:8000
IB_HOST=127.0.0.1
IB_PORT=7497
`;
}

/** The folders that the service's files need. */
export function foldersOf({ definition, settings }: Service): readonly string[] {
  return [definition, settings].map(({ path }) =>
    path.includes("\\") ? path.slice(0, path.lastIndexOf("\\")) : dirname(path)
  );
}
