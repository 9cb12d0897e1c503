import { strict as assert } from "node:assert";
import { Outbox } from "./outbox.ts";

/** A sink that lets each write end when the test says so. */
class SlowSink {
  readonly writes: Uint8Array[] = [];
  readonly #gates: PromiseWithResolvers<number>[] = [];

  write(bytes: Uint8Array): Promise<number> {
    this.writes.push(bytes.slice());
    const gate = Promise.withResolvers<number>();
    this.#gates.push(gate);
    return gate.promise;
  }

  /** Ends the oldest write after `count` of its bytes; after all where absent. */
  async accept(count = this.writes.at(-1)?.length ?? 0): Promise<void> {
    this.#gates.shift()?.resolve(count);
    await turns();
  }

  async fail(error: Error): Promise<void> {
    this.#gates.shift()?.reject(error);
    await turns();
  }
}

/** A few turns of the microtask queue. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

const events = { onDrain: () => {}, onFailure: () => {} };
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

Deno.test("what one callback sends leaves in one write, and what comes meanwhile in the next", async () => {
  const sink = new SlowSink();
  const outbox = new Outbox(sink, events);
  outbox.send("1\0");
  outbox.send("2\0");
  assert.equal(sink.writes.length, 0);
  await turns();
  outbox.send("3\0");
  outbox.send("4\0");
  assert.deepEqual(sink.writes.map(text), ["\0\0\0\x021\0\0\0\0\x022\0"]);
  await sink.accept();
  assert.equal(text(sink.writes[1]), "\0\0\0\x023\0\0\0\0\x024\0");
});

Deno.test("a write that takes only a part is continued", async () => {
  const sink = new SlowSink();
  const outbox = new Outbox(sink, events);
  outbox.send("abc\0");
  await turns();
  await sink.accept(5);
  assert.equal(text(sink.writes[1]), "bc\0");
});

Deno.test("a frame's length counts bytes, not characters", async () => {
  const sink = new SlowSink();
  new Outbox(sink, events).send("é\0");
  await turns();
  assert.deepEqual([...sink.writes[0] ?? []], [0, 0, 0, 3, 0xc3, 0xa9, 0]);
});

Deno.test("a slow reader is congested until it has read, and then told of once", async () => {
  let drained = 0;
  const sink = new SlowSink();
  const outbox = new Outbox(sink, { ...events, onDrain: () => drained++ });
  const body = "x".repeat(100_000) + "\0";
  outbox.send(body);
  await turns();
  for (let count = 0; count < 11; count++) outbox.send(body);
  assert.ok(outbox.congested);
  assert.equal(drained, 0);
  await sink.accept();
  assert.equal(drained, 0, "the big backlog is still being written");
  await sink.accept();
  assert.equal(drained, 1);
  assert.ok(!outbox.congested);
});

Deno.test("a write that fails is told once; nothing more is kept", async () => {
  const failures: unknown[] = [];
  const sink = new SlowSink();
  const outbox = new Outbox(sink, { ...events, onFailure: (error) => failures.push(error) });
  outbox.send("1\0");
  await turns();
  await sink.fail(new Error("broken pipe"));
  outbox.send("2\0");
  await outbox.whenIdle();
  assert.equal(failures.length, 1);
  assert.equal(sink.writes.length, 1);
});
