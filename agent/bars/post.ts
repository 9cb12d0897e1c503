/** Brings bars that the server asked for to it. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { BarsText } from "../../options/wire/bars.ts";
import type { Server } from "../delivery/post.ts";

const DEADLINE_MS = 30_000;
const compress = promisify(gzip);

/** Posts them; `undefined` when they are stored, else why they are not. Never throws. */
export async function postBars(server: Server, body: BarsText): Promise<string | undefined> {
  try {
    const response = await fetch(new URL("/api/price-agent/bars", server.url), {
      method: "POST",
      headers: {
        authorization: `Bearer ${server.key}`,
        "content-type": "application/json",
        "content-encoding": "gzip",
      },
      body: new Uint8Array(await compress(JSON.stringify(body))),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const text = await response.text();
    return response.ok
      ? undefined
      : `The server answered ${response.status}: ${text.slice(0, 200)}`;
  } catch (error) {
    return `The server does not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}
