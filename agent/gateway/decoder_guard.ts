/**
 * `@stoqey/ib` lets some decoding errors rise out of its socket callback (an order rejection whose
 * details are no JSON, `decodeMsg_ERR_MSG`), which would end the program, and leaves the rest of
 * the message in its queue. Such an error is caught here; its connection cannot be trusted any
 * more and is replaced.
 */

const watchers = new Set<(error: Error) => void>();

function onUncaught(event: ErrorEvent): void {
  const error: unknown = event.error;
  if (!(error instanceof Error) || !/@stoqey/.test(error.stack ?? "")) return;
  event.preventDefault();
  for (const watcher of [...watchers]) watcher(error);
}

/** Calls `onBroken` when the library's decoder broke; the returned function ends the watch. */
export function guardDecoder(onBroken: (error: Error) => void): () => void {
  if (watchers.size === 0) globalThis.addEventListener("error", onUncaught);
  watchers.add(onBroken);
  return () => {
    watchers.delete(onBroken);
    if (watchers.size === 0) globalThis.removeEventListener("error", onUncaught);
  };
}
