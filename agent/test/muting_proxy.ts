/** A gateway behind which some contracts never tick: a proxy that drops what is said of them. */

/** A running proxy. */
export interface MutingProxy extends AsyncDisposable {
  readonly port: number;
  /** The contracts that were asked for and never ticked. */
  readonly muted: ReadonlySet<number>;
}

/** Messages by their number (IB's wire): a request for market data, and what answers it. */
const REQUEST_MARKET_DATA = "1";
const ABOUT_A_REQUEST: ReadonlySet<string> = new Set(["1", "2", "21", "45", "46", "58", "81"]);
/** These have no version before the request ID at the server versions in use. */
const WITHOUT_VERSION: ReadonlySet<string> = new Set(["21", "81"]);

/** Stands between an agent and the gateway at `port`; `isMuted` decides by the contract number. */
export function startMutingProxy(port: number, isMuted: (conId: number) => boolean): MutingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const muted = new Set<number>();
  const running = new Set<Promise<void>>();
  const open = new Set<Deno.TcpConn>();

  const serve = async (agent: Deno.TcpConn): Promise<void> => {
    const gateway = await Deno.connect({ hostname: "127.0.0.1", port });
    for (const socket of [agent, gateway]) open.add(socket);
    const mutedRequests = new Set<string>();
    const fromAgent = pass(agent, gateway, ([kind, , requestId = "", conId]) => {
      if (kind === REQUEST_MARKET_DATA && isMuted(Number(conId))) {
        muted.add(Number(conId));
        mutedRequests.add(requestId);
      }
      return true;
    });
    const fromGateway = pass(gateway, agent, ([kind = "", first = "", second = ""]) => {
      const requestId = WITHOUT_VERSION.has(kind) ? first : second;
      return !ABOUT_A_REQUEST.has(kind) || !mutedRequests.has(requestId);
    });
    await Promise.allSettled([fromAgent, fromGateway]);
  };
  const accepting = (async () => {
    for await (const agent of listener) {
      const served = serve(agent);
      running.add(served);
      served.finally(() => running.delete(served));
    }
  })();
  return {
    port: listener.addr.port,
    muted,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const socket of open) close(socket);
      await accepting.catch(() => {/* the listener is closed */});
      await Promise.allSettled(running);
    },
  };
}

/** Passes whole messages on, where `wanted` says so of their fields. */
async function pass(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  wanted: (fields: readonly string[]) => boolean,
): Promise<void> {
  let held = new Uint8Array();
  try {
    for await (const chunk of from.readable) {
      held = new Uint8Array([...held, ...chunk]);
      const out: Uint8Array[] = [];
      for (let size = sizeOf(held); size !== undefined; size = sizeOf(held)) {
        const message = held.subarray(0, size);
        const fields = new TextDecoder().decode(message.subarray(4)).split("\0");
        if (wanted(fields)) out.push(message);
        held = held.slice(size);
      }
      for (const message of out) await writeAll(to, message);
    }
  } finally {
    close(to);
  }
}

/** The size of the first message, its head included; `undefined` while it is not whole. */
function sizeOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < 4) return undefined;
  // The very first bytes of an agent are the word API and a NUL, before the first length.
  const isGreeting = bytes[0] === 65 && bytes[1] === 80 && bytes[2] === 73 && bytes[3] === 0;
  if (isGreeting) return 4;
  const size = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return bytes.length < size ? undefined : size;
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await to.write(bytes.subarray(written));
  }
}

function close(socket: Deno.TcpConn): void {
  try {
    socket.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
