/**
 * The files a page loads: `static/` as it is, and what Vite built (`dist/_assets/`, whose names
 * carry a hash of what they hold, so that a browser may keep them for good).
 */
import { fileURLToPath } from "node:url";
import type { Context } from "hono";
import { serveStatic } from "hono/serve-static";
import type { Handler } from "../services.ts";

/** `/static/…`: files that change with a release. */
export const staticFile: Handler = filesOf("../static", "/static", "public, max-age=300");

/** `/_assets/…`: files whose name changes with what they hold. */
export const builtFile: Handler = filesOf(
  "../dist/_assets",
  "/_assets",
  "public, max-age=31536000, immutable",
);

/** `/sw.js`: the worker that keeps pages readable while the server is away; it must be at the top. */
export async function workerFile(c: Context): Promise<Response> {
  const script = await readFile(fileURLToPath(new URL("../static/sw.js", import.meta.url)));
  if (!script) return await c.notFound();
  // A browser looks for a new one by itself; a kept one would outlive its version.
  const headers = { "Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-cache" };
  return c.body(script, 200, headers);
}

function filesOf(folder: string, prefix: string, cacheControl: string): Handler {
  const serve = serveStatic({
    root: fileURLToPath(new URL(folder, import.meta.url)),
    rewriteRequestPath: (path) => path.slice(prefix.length),
    getContent: readFile,
    onFound: (_path, c: Context) => c.header("Cache-Control", cacheControl),
  });
  return async (c) => await serve(c, async () => {}) ?? c.notFound();
}

async function readFile(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  if (path.includes("\0")) return null; // no file's name has one, and the system refuses to look
  try {
    return await Deno.readFile(path);
  } catch (error) {
    // A folder is as little a file to serve as one that is not there.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.IsADirectory) {
      return null;
    }
    throw error;
  }
}
