/** A key as a Kubernetes Secret, to be piped into `kubectl apply -f -`. */

/**
 * The manifest. Its text is safe without quotes: a name holds no other letters than
 * {@link isSecretName} allows, a key none but letters, digits and `_`.
 *
 * @example
 * ```ts
 * import { keySecret } from "./key_secret.ts";
 * console.assert(keySecret("lastmark-agent-deals", "lm_agent_x").endsWith("AGENT_API_KEY: lm_agent_x"));
 * ```
 */
export function keySecret(name: string, key: string): string {
  return `apiVersion: v1
kind: Secret
metadata:
  name: "${name}"
type: Opaque
stringData:
  AGENT_API_KEY: ${key}`;
}

/** Whether a text can name a Secret: a DNS subdomain (RFC 1123), as Kubernetes asks. */
export function isSecretName(text: string): boolean {
  const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
  return text.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(text);
}

/**
 * The Secret's name for the key of an agent, whose own name may hold letters that a Secret's may not.
 *
 * @example
 * ```ts
 * import { secretNameOf } from "./key_secret.ts";
 * console.assert(secretNameOf("Desk_1.") === "lastmark-agent-desk-1");
 * ```
 */
export function secretNameOf(agent: string): string {
  const plain = agent.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replace(/-$/, "");
  return `lastmark-agent-${plain}`;
}
