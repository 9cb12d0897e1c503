/** Secrets that are shown once: random texts of which only the SHA-256 is kept. */
import { createHash } from "node:crypto";

const BYTES = 32;

/** A new one; of this length no slow hash is needed. */
export function newSecret(): string {
  return crypto.getRandomValues(new Uint8Array(BYTES)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}

/** What is kept of one. */
export function hashSecret(secret: string): Uint8Array {
  return createHash("sha256").update(secret).digest();
}
