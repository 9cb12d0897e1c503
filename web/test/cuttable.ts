/** A way to the database that a test can cut, freeze and mend. */

/** A TCP forwarder in front of the database. */
export interface CuttableWay {
  /** The database by this way. */
  readonly url: string;
  /** Closes every connection and refuses new ones, as when the database is down. */
  cut(): void;
  /** Passes nothing on any more, as when the database's machine hangs. */
  freeze(): void;
  /** Lets everything through again; what was frozen is closed. */
  mend(): void;
  close(): Promise<void>;
}

/** Which end of the way said something. */
export type Speaker = "server" | "database";

/**
 * Opens a way to the database. What either end says is passed on when `before` has resolved, so
 * that a test can do something at that very moment.
 */
export function wayTo(
  databaseUrl: string,
  before: (speaker: Speaker) => Promise<void> | undefined = () => undefined,
): CuttableWay {
  const target = new URL(databaseUrl);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  let state: "open" | "cut" | "frozen" = "open";

  const closeAll = (): void => {
    for (const connection of open) close(connection);
    open.clear();
  };
  const pump = async (from: Deno.TcpConn, to: Deno.TcpConn, speaker: Speaker): Promise<void> => {
    const buffer = new Uint8Array(65_536);
    try {
      for (let read = await from.read(buffer); read !== null; read = await from.read(buffer)) {
        if (state === "frozen") continue;
        await before(speaker);
        for (let sent = 0; sent < read;) sent += await to.write(buffer.subarray(sent, read));
      }
    } catch {
      // Either side was closed, which closes the other.
    } finally {
      close(from);
      close(to);
    }
  };
  const serve = async (): Promise<void> => {
    const pumps: Promise<void>[] = [];
    for await (const client of listener) {
      if (state === "cut") {
        client.close();
        continue;
      }
      const server = await Deno.connect({ hostname: target.hostname, port: Number(target.port) });
      open.add(client).add(server);
      pumps.push(pump(client, server, "server"), pump(server, client, "database"));
    }
    await Promise.all(pumps);
  };
  const serving = serve();

  const url = new URL(databaseUrl);
  url.port = String(listener.addr.port);
  return {
    url: url.href,
    cut() {
      state = "cut";
      closeAll();
    },
    freeze() {
      state = "frozen";
    },
    mend() {
      if (state === "frozen") closeAll();
      state = "open";
    },
    async close() {
      listener.close();
      closeAll();
      await serving;
    },
  };
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch (error) {
    // Both pumps close both ends.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
