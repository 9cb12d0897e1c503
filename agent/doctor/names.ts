/** Looks names up. */
import { lookup } from "node:dns/promises";

/** What the system says of a name that there is not, by getaddrinfo. */
const NOT_FOUND: ReadonlySet<string> = new Set(["ENOTFOUND", "EAI_NONAME"]);

/** The addresses of a host, by this machine's hosts file and name servers; none for no such name. */
export async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => address);
  } catch (error) {
    if (error instanceof Error && "code" in error && NOT_FOUND.has(String(error.code))) return [];
    throw error;
  }
}
