import { strict as assert } from "node:assert";
import { type ManualClock, manualClock } from "../../base/clock.ts";
import { parseTicker } from "../../options/contract.ts";
import type { ServerMessage } from "../../options/wire/live.ts";
import { type Feed, type FeedSocket, type Line, openFeed } from "./feed.ts";

class FakeSocket implements FeedSocket {
  onopen: FeedSocket["onopen"] = null;
  onmessage: FeedSocket["onmessage"] = null;
  onclose: FeedSocket["onclose"] = null;
  readonly sent: string[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.closed = true;
  }
  opens(): void {
    this.onopen?.call(this.#asSocket(), new Event("open"));
  }
  says(message: ServerMessage): void {
    const event = new MessageEvent("message", { data: JSON.stringify(message) });
    this.onmessage?.call(this.#asSocket(), event);
  }
  breaks(code = 1006): void {
    this.onclose?.call(this.#asSocket(), new CloseEvent("close", { code }));
  }
  #asSocket(): WebSocket {
    // The feed's handlers do not use `this`.
    return this as unknown as WebSocket;
  }
}

interface Setting {
  readonly clock: ManualClock;
  readonly sockets: FakeSocket[];
  readonly lines: Line[];
  readonly messages: ServerMessage[];
  readonly feed: Feed;
  seq: number;
  signedOut: number;
}

function setting(): Setting {
  const clock = manualClock();
  const sockets: FakeSocket[] = [];
  const lines: Line[] = [];
  const messages: ServerMessage[] = [];
  const ticker = parseTicker("EA");
  assert.ok(ticker);
  const made: Setting = {
    clock,
    sockets,
    lines,
    messages,
    seq: 7,
    signedOut: 0,
    feed: openFeed({
      clock,
      random: () => 1,
      open: () => {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket;
      },
      subscriptions: () => [{ type: "subscribe", ticker, sinceSeq: made.seq }],
      onMessage: (message) => messages.push(message),
      onLine: (line) => lines.push(line),
      onSignedOut: () => made.signedOut++,
    }),
  };
  return made;
}

const HEARTBEAT: ServerMessage = {
  type: "heartbeat",
  now: "2026-11-20T15:00:00.000Z",
  agents: null,
};

Deno.test("a feed subscribes when its socket opens, and hands on what comes", () => {
  const { sockets: [socket], messages, lines } = setting();
  assert.ok(socket);
  assert.deepEqual(socket.sent, []);
  socket.opens();
  assert.deepEqual(socket.sent, ['{"type":"subscribe","ticker":"EA","sinceSeq":7}']);
  socket.says(HEARTBEAT);
  assert.deepEqual(messages, [HEARTBEAT]);
  assert.deepEqual(lines, ["open"]);
});

Deno.test("a lost connection is said at once and tried again from where the page is", () => {
  const made = setting();
  made.sockets[0]?.opens();
  made.seq = 9;
  made.sockets[0]?.breaks();
  assert.deepEqual(made.lines, ["away"]);
  made.clock.advance(249);
  assert.equal(made.sockets.length, 1);
  made.clock.advance(1);
  made.sockets[1]?.opens();
  assert.deepEqual(made.sockets[1]?.sent, ['{"type":"subscribe","ticker":"EA","sinceSeq":9}']);
  made.sockets[1]?.says(HEARTBEAT);
  assert.deepEqual(made.lines, ["away", "open"]);
});

Deno.test("retries back off to eight seconds, and start over once the server has spoken", () => {
  const { clock, sockets } = setting();
  const waits: number[] = [];
  for (let tries = 0; tries < 8; tries++) {
    const before = sockets.length;
    sockets.at(-1)?.breaks();
    let waitedMs = 0;
    for (; sockets.length === before; waitedMs += 250) clock.advance(250);
    waits.push(waitedMs);
  }
  assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  sockets.at(-1)?.says(HEARTBEAT);
  sockets.at(-1)?.breaks();
  const before = sockets.length;
  clock.advance(250);
  assert.equal(sockets.length, before + 1);
});

Deno.test("a connection that is silent for twenty seconds is given up", () => {
  const { clock, sockets, lines } = setting();
  sockets[0]?.opens();
  clock.advance(15_000);
  sockets[0]?.says(HEARTBEAT);
  clock.advance(19_999);
  assert.deepEqual(lines, ["open"]);
  clock.advance(1);
  assert.deepEqual(lines, ["open", "away"]);
  assert.ok(sockets[0]?.closed);
});

Deno.test("what the server could not do is asked again five seconds later", () => {
  const { clock, sockets: [socket] } = setting();
  socket?.opens();
  socket?.says({ type: "problem", error: "not just now", ticker: "EA" });
  assert.equal(socket?.sent.length, 1);
  clock.advance(5_000);
  assert.equal(socket?.sent.length, 2);
});

Deno.test("retryNow() does not wait for the backoff, and does nothing while connected", () => {
  const { sockets, feed } = setting();
  feed.retryNow();
  assert.equal(sockets.length, 1);
  sockets[0]?.breaks();
  feed.retryNow();
  assert.equal(sockets.length, 2);
});

Deno.test("a closed feed leaves no timer and comes back no more", () => {
  const { clock, sockets, feed, lines } = setting();
  sockets[0]?.opens();
  feed.close();
  sockets[0]?.breaks();
  assert.equal(clock.pending, 0);
  clock.advance(60_000);
  assert.equal(sockets.length, 1);
  assert.deepEqual(lines, []);
});

Deno.test("what is said before the line is open is said when it opens, once", () => {
  const { sockets: [socket], feed } = setting();
  feed.say({ type: "subscribe_tickers" });
  assert.deepEqual(socket?.sent, []);
  socket?.opens();
  assert.equal(socket?.sent.length, 1);
  feed.say({ type: "subscribe_tickers" });
  assert.equal(socket?.sent[1], '{"type":"subscribe_tickers"}');
});

Deno.test("a line that is closed because the session is over is not tried again", () => {
  const made = setting();
  made.sockets[0]?.opens();
  made.sockets[0]?.breaks(4401);
  assert.deepEqual([made.signedOut, made.lines], [1, ["away"]]);
  made.clock.advance(60_000);
  assert.equal(made.sockets.length, 1);
  assert.equal(made.clock.pending, 0);
});
