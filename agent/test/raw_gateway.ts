/** A TCP server that does to a connecting agent what a test tells it to. */

/** One connection to it. */
export interface RawPeer {
  /** Sends one message; its fields as the TWS API frames them. */
  send(...fields: readonly string[]): Promise<void>;
  /** Answers the handshake and says that the API is ready. */
  welcome(): Promise<void>;
  /** The next message of the agent; the first is the handshake, as one field. */
  next(): Promise<readonly string[]>;
  close(): void;
}

/** A server on a free port. */
export interface RawGateway extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** The next connection. */
  accept(): Promise<RawPeer>;
}

/** Starts to listen. */
export function startRawGateway(): RawGateway {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const peers = new Set<RawPeer>();
  return {
    address: { host: "127.0.0.1", port: listener.addr.port },
    async accept() {
      const peer = rawPeer(await listener.accept());
      peers.add(peer);
      return peer;
    },
    [Symbol.asyncDispose]() {
      for (const peer of peers) peer.close();
      listener.close();
      return Promise.resolve();
    },
  };
}

function rawPeer(connection: Deno.TcpConn): RawPeer {
  let buffered = new Uint8Array();
  let closed = false;
  const take = async (count: number): Promise<Uint8Array> => {
    while (buffered.length < count) {
      const chunk = new Uint8Array(65_536);
      const read = await connection.read(chunk);
      if (read === null) throw new Error("The agent closed the connection.");
      buffered = new Uint8Array([...buffered, ...chunk.subarray(0, read)]);
    }
    const taken = buffered.subarray(0, count);
    buffered = buffered.slice(count);
    return taken;
  };
  const next = async (): Promise<readonly string[]> => {
    const head = await take(4);
    // The very first bytes are the word API and a NUL, before the first length.
    const length = String.fromCharCode(...head) === "API\0" ? await take(4) : head;
    const body = await take(new DataView(length.slice().buffer).getUint32(0));
    return new TextDecoder().decode(body).replace(/\0$/, "").split("\0");
  };
  const send = async (...fields: readonly string[]): Promise<void> => {
    const body = new TextEncoder().encode(fields.map((field) => `${field}\0`).join(""));
    const frame = new Uint8Array(4 + body.length);
    new DataView(frame.buffer).setUint32(0, body.length);
    frame.set(body, 4);
    await connection.write(frame);
  };
  return {
    send,
    next,
    async welcome() {
      await next();
      await send("193", "20261121 09:30:00 US/Eastern");
      await next();
      await send("15", "1", "DU1234567");
      await send("9", "1", "1");
    },
    close() {
      if (closed) return;
      closed = true;
      connection.close();
    },
  };
}
