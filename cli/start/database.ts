/** The database of `start`: the one it is given, or the embedded one, kept running. */
import type { Clock } from "../../base/clock.ts";
import type { DataFolder } from "../../db/embedded/data_folder.ts";
import { type EmbeddedServer, startEmbedded } from "../../db/embedded/server.ts";
import { failureLine } from "../failure.ts";
import type { Say } from "./say.ts";

/** A database that is there until `stop()`. */
export interface KeptDatabase {
  readonly url: string;
  stop(): Promise<void>;
}

const AGAIN_MS = 1_000;

/** Uses the database at `url`, or starts the embedded one, and again when it dies. */
export async function keepDatabase(options: {
  readonly clock: Clock;
  readonly folder: DataFolder;
  readonly say: Say;
  readonly url: string | undefined;
}): Promise<KeptDatabase> {
  const { clock, folder, say } = options;
  if (options.url !== undefined) {
    say("database", `using ${new URL(options.url).host}`);
    return { url: options.url, stop: () => Promise.resolve() };
  }
  const begin = (port?: number): Promise<EmbeddedServer> =>
    startEmbedded({
      clock,
      folder,
      say: (what) => say("database", what),
      // Its users know the old port.
      ...(port !== undefined && { port }),
    });
  let server = await begin();
  const { url, port } = server;
  say("database", `on 127.0.0.1:${port}, in ${folder.path}`);
  let stopping = false;
  let pause: { cancel(): void } | undefined;
  const watch = async (): Promise<void> => {
    await server.ended;
    if (stopping) return;
    say("database", "ended; starting it again");
    await again();
  };
  const again = async (): Promise<void> => {
    try {
      server = await begin(port);
      if (stopping) return await server.stop();
      say("database", `on 127.0.0.1:${server.port} again`);
      void watch();
    } catch (error) {
      say("database", failureLine(error) ?? String(error));
      pause = clock.after(AGAIN_MS, () => void again());
    }
  };
  void watch();
  return {
    url,
    async stop() {
      stopping = true;
      pause?.cancel();
      await server.stop();
    },
  };
}
