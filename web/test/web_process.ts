/** The server as a process of its own, so that a test can kill it. */
import { z } from "zod";
import { linesOf } from "../../base/child_lines.ts";
import { keepOutput } from "../../base/testing.ts";

const WEB_MAIN = new URL("../main.ts", import.meta.url).pathname;
const READY_DEADLINE_MS = 30_000;

/** A server that listens. */
export interface WebProcess {
  readonly url: string;
  readonly port: number;
  /** All it has written so far, line by line. */
  readonly said: readonly string[];
  /** Ends it with SIGKILL; a second call does nothing. */
  kill(): Promise<void>;
}

const readyLine = z.object({
  event: z.literal("web.listening"),
  url: z.string(),
  port: z.number(),
});

/** Starts a server and waits until it listens; throws with what it said where it does not. */
export async function startWeb(
  options: {
    readonly databaseUrl: string;
    readonly port: number;
    /** More settings than these. */
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<WebProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", WEB_MAIN],
    env: {
      DATABASE_URL: options.databaseUrl,
      APP_HOST: "127.0.0.1",
      APP_PORT: String(options.port),
      AUTH: "none",
      NO_COLOR: "1",
      ...options.env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said: string[] = [];
  const ready = Promise.withResolvers<z.infer<typeof readyLine>>();
  const reading = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    for await (const line of linesOf(stream)) {
      keepOutput(line);
      said.push(line);
      const parsed = readyLine.safeParse(jsonOrNull(line));
      if (parsed.success) ready.resolve(parsed.data);
    }
  }));
  const ended = child.status.then(({ code }) => {
    ready.reject(new Error(`The server ended with ${code}:\n${said.join("\n")}`));
  });
  const deadline = setTimeout(
    () => ready.reject(new Error(`The server does not listen:\n${said.join("\n")}`)),
    READY_DEADLINE_MS,
  );
  const kill = async (): Promise<void> => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
    await Promise.all([ended, reading]);
  };
  try {
    const { url, port } = await ready.promise;
    return { url, port, said, kill };
  } catch (error) {
    await kill();
    throw error;
  } finally {
    clearTimeout(deadline);
  }
}

function jsonOrNull(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
