/**
 * Keeps two agents of one machine from the same client ID of a gateway: a file a pair, locked while
 * the ID is in use. The system lets go of a lock when its program ends, however it ends.
 */
import { dirname, join } from "node:path";
import type { GatewayAddress } from "./connection.ts";

/** Client IDs that this program holds. */
export interface IdLocks {
  /** Takes an ID, or keeps it; false where another program on this machine has it. */
  take(clientId: number): boolean;
  /** Lets go of every ID but this one, or of all. */
  keepOnly(clientId: number | null): void;
}

/** No locks: for a machine whose disk takes none, and for tests. */
export const noLocks: IdLocks = { take: () => true, keepOnly: () => {} };

/**
 * Locks in `folder` (by default the system's folder for what is temporary, which all programs of a
 * machine share). `onFailure` is called once where files cannot be had; then every ID may be taken.
 */
export function idLocks(
  address: GatewayAddress,
  options: { readonly folder?: string; readonly onFailure: (message: string) => void },
): IdLocks {
  const held = new Map<number, Deno.FsFile>();
  const name = `${address.host}-${address.port}`.replaceAll(/[^A-Za-z0-9.-]/g, "_");
  let folder = options.folder;
  let isBroken = false;
  return {
    take(clientId) {
      if (isBroken || held.has(clientId)) return true;
      try {
        folder ??= temporaryFolder();
        const file = Deno.openSync(join(folder, `lastmark-${name}-${clientId}.lock`), {
          create: true,
          write: true,
          // Agents of other users lock it, too.
          mode: 0o666,
        });
        if (file.tryLockSync(EXCLUSIVELY)) {
          held.set(clientId, file);
          return true;
        }
        file.close();
        return false;
      } catch (error) {
        isBroken = true;
        options.onFailure(error instanceof Error ? error.message : String(error));
        return true;
      }
    },
    keepOnly(clientId) {
      for (const [id, file] of held) {
        if (id === clientId) continue;
        held.delete(id);
        file.close();
      }
    },
  };
}

const EXCLUSIVELY = true;

/** Deno tells where it makes temporary folders without being let read the environment. */
function temporaryFolder(): string {
  const made = Deno.makeTempDirSync();
  Deno.removeSync(made);
  return dirname(made);
}
