/** The simulated gateway as a child process on ports of the system's choice, as a user runs it. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

const Listening = z.object({
  event: z.literal("gateway.listening"),
  port: z.number(),
  controlPort: z.number(),
});

/** A running gateway. */
export interface Gateway extends AsyncDisposable {
  readonly port: number;
  readonly controlPort: number;
  /** Calls the control API; throws on anything but success. */
  control(path: string, body: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Starts the gateway and waits until it listens; disposing of it ends it and checks that it ended well. */
export async function startGateway(...settings: readonly string[]): Promise<Gateway> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", MAIN, "--port", "0", "--control-port", "0", ...settings],
    cwd: join(MAIN, ".."),
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await lines.read();
    if (done) throw new Error(`The gateway ended before it listened: ${text}`);
    text += value;
    const ready = listening(text);
    if (ready === null) continue;
    // What it prints from here on is read and dropped, so that it never waits for a full pipe.
    const drained = drain(lines);
    return {
      port: ready.port,
      controlPort: ready.controlPort,
      async control(path, body) {
        const response = await fetch(`http://127.0.0.1:${ready.controlPort}${path}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        const answer = await response.text();
        if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${answer}`);
      },
      async [Symbol.asyncDispose]() {
        child.kill("SIGTERM");
        const [{ code }] = await Promise.all([child.status, drained]);
        if (code !== 0) throw new Error(`The gateway ended with exit code ${code}`);
      },
    };
  }
}

function listening(text: string): z.infer<typeof Listening> | null {
  for (const line of text.split("\n").slice(0, -1)) {
    const parsed = Listening.safeParse(JSON.parse(line));
    if (parsed.success) return parsed.data;
  }
  return null;
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done) { /* dropped */ }
}
