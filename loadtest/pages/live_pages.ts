/**
 * Keeps pages' lines open and notes when each hears of what, as a program of its own:
 *
 *     live_pages.ts '{"url": …, "pages": 1000, "subscriptions": [{"ticker": …, "expiry": …}]}'
 *
 * It prints a line when all are open, and when its standard input ends what was heard.
 */
import { z } from "zod";

const order = z.object({
  url: z.url(),
  pages: z.number().int(),
  subscriptions: z.array(z.object({ ticker: z.string(), expiry: z.string() })),
});

/** What is to be kept open. */
export type LiveOrder = z.infer<typeof order>;

/** What was heard: of which ticker, up to which position, and when. */
export const liveReport = z.object({
  heard: z.array(z.tuple([z.string(), z.number(), z.number()])),
});

/** What was heard. */
export type LiveReport = z.infer<typeof liveReport>;

/** Lines opened at a time. */
const OPEN_AT_ONCE = 50;

async function watch({ url, pages, subscriptions }: LiveOrder): Promise<void> {
  const heard: [string, number, number][] = [];
  const open = async (at: number): Promise<WebSocket> => {
    const wanted = subscriptions[at % subscriptions.length];
    if (!wanted) throw new RangeError("there is nothing to subscribe to");
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const first = Promise.withResolvers<void>();
    socket.onmessage = ({ data }) => {
      const nowMs = Date.now();
      // The message whole would be read by a page; here its beginning says all that is measured.
      const text = String(data);
      if (text.startsWith('{"type":"chain"')) first.resolve();
      const delta =
        /^\{"type":"delta","ticker":"([^"]+)","expiry":"[^"]+","fromSeq":\d+,"seq":(\d+)/
          .exec(text);
      if (delta) heard.push([delta[1] ?? "", Number(delta[2]), nowMs]);
    };
    socket.send(JSON.stringify({ type: "subscribe", ...wanted }));
    await first.promise;
    return socket;
  };
  const sockets: WebSocket[] = [];
  for (let at = 0; at < pages; at += OPEN_AT_ONCE) {
    const some = Array.from({ length: Math.min(OPEN_AT_ONCE, pages - at) }, (_, n) => open(at + n));
    sockets.push(...await Promise.all(some));
  }
  console.log("open");
  for await (const _ of Deno.stdin.readable);
  console.log(JSON.stringify({ heard } satisfies LiveReport));
  for (const socket of sockets) socket.close();
}

if (import.meta.main) {
  await watch(order.parse(JSON.parse(Deno.args[0] ?? "")));
  Deno.exit(0);
}
