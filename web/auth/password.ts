/**
 * Passwords, by Argon2id with what OWASP's password storage sheet asks for at least: 19 MiB, two
 * passes, one lane. It takes 46 ms of the thread, so sign-in is limited (`sign_in_rate.ts`).
 */
import { argon2id, argon2Verify } from "hash-wasm";

/** Shorter ones are guessed; NIST SP 800-63B asks for no other rule. */
export const LEAST_PASSWORD = 10;
export const LONGEST_PASSWORD = 200;

const COST = { memorySize: 19_456, iterations: 2, parallelism: 1, hashLength: 32 } as const;

/** What is kept of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return await argon2id({ ...COST, password, salt, outputType: "encoded" });
}

let nobody: Promise<string> | undefined;

/**
 * Whether a password is that of a hash. Where there is no hash it takes as long, so that the time
 * does not say whether there is such a user.
 */
export async function isPassword(hash: string | null, password: string): Promise<boolean> {
  nobody ??= hashPassword(crypto.randomUUID());
  // The library refuses to look at an empty one.
  const looked = password === "" ? "\0" : password;
  const isRight = await argon2Verify({ password: looked, hash: hash ?? await nobody });
  return hash !== null && password !== "" && isRight;
}

/** Why a password cannot be taken; `undefined` where it can. */
export function passwordProblem(password: string): string | undefined {
  if (password.length < LEAST_PASSWORD) {
    return `The password must have at least ${LEAST_PASSWORD} characters.`;
  }
  if (password.length > LONGEST_PASSWORD) {
    return `The password must have at most ${LONGEST_PASSWORD} characters.`;
  }
  return undefined;
}
