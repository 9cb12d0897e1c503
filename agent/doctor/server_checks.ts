/** The checks of the settings and of the server, from its name to the agent's key. */
import { isIP } from "node:net";
import { connect } from "node:tls";
import { z } from "zod";
import { wrongKey, wrongTogether } from "../settings.ts";
import { type Check, failed, type Finding, ok, warning } from "./check.ts";
import { addressesOf } from "./names.ts";
import type { Patient } from "./patient.ts";

/** The server refuses prices that are further ahead of its clock (`docs/api.md`). */
const MOST_AHEAD_MS = 60_000;
/** A clock that is kept by NTP is never this far off. */
const WELL_KEPT_MS = 5_000;
const HTTPS_PORT = 443;
const DAY_MS = 86_400_000;
const RENEW_DAYS = 14;

/** The checks, in the order in which each builds on those before. */
export function serverChecks(): readonly Check<Patient>[] {
  return [settingsCheck, nameCheck, tlsCheck, serverCheck, clockCheck, keyCheck];
}

const settingsCheck: Check<Patient> = {
  name: "settings",
  needs: [],
  deadlineMs: 1_000,
  whenSilent: "Look at .env.local.example.",
  run({ settings, key }) {
    const wrong = wrongTogether(settings) ?? wrongKey(key);
    return Promise.resolve(
      wrong !== undefined
        ? failed(wrong, "Correct it where it is set: .env.local, the environment or a flag.")
        : !settings.agentId
        ? failed("AGENT_ID is not set", "Set it to the agent's name, to which its key belongs.")
        : !key
        ? failed("AGENT_API_KEY is not set", `Make a key: keys create --agent ${settings.agentId}`)
        : ok(`agent ${settings.agentId}, server ${settings.serverUrl.origin}`),
    );
  },
};

const nameCheck: Check<Patient> = {
  name: "server name",
  needs: [],
  deadlineMs: 3_000,
  whenSilent: "Correct SERVER_URL, or this machine's name server.",
  async run({ settings: { serverUrl } }) {
    const host = serverUrl.hostname.replace(/^\[(.*)\]$/, "$1");
    if (isIP(host) !== 0 || host === "localhost") return ok(`${host} needs no look-up`);
    const found = await addressesOf(host);
    if (found.length > 0) return ok(`${host} is ${found.join(", ")}`);
    return failed(`no such name: ${host}`, nameCheck.whenSilent);
  },
};

const tlsCheck: Check<Patient> = {
  name: "TLS",
  needs: ["server name"],
  deadlineMs: 5_000,
  whenSilent: "Correct SERVER_URL, or let this machine through to the server.",
  async run({ settings: { serverUrl }, clock }, signal) {
    if (serverUrl.protocol !== "https:") return ok("not needed: the server is on this machine");
    const certificate = await certificateOf(serverUrl, signal);
    return certificateFinding(certificate, clock.realNowMs());
  },
};

/** A server's certificate, as it is shown. */
export interface Certificate {
  readonly validUntilMs: number;
  /** Why it is not trusted; `null` where it is. */
  readonly distrust: string | null;
}

/** What a certificate means for the agent. */
export function certificateFinding(
  { validUntilMs, distrust }: Certificate,
  nowMs: number,
): Finding {
  const day = new Date(validUntilMs).toISOString().slice(0, 10);
  const renew = "Renew the server's certificate.";
  if (validUntilMs <= nowMs) return failed(`the certificate was valid until ${day}`, renew);
  if (distrust !== null) {
    return failed(
      `the certificate is not trusted: ${distrust}`,
      "Use a certificate of a known authority, or tell Deno of yours by DENO_CERT.",
    );
  }
  const says = `the certificate is valid until ${day}`;
  return validUntilMs - nowMs < RENEW_DAYS * DAY_MS ? warning(says, renew) : ok(says);
}

function certificateOf(url: URL, signal: AbortSignal): Promise<Certificate> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(url.port) || HTTPS_PORT,
      // A name in the handshake is never an address (RFC 6066, section 3).
      ...(isIP(host) === 0 && { servername: host }),
      // To look at the certificate; nothing is sent over this connection.
      rejectUnauthorized: false,
    });
    signal.addEventListener("abort", () => socket.destroy(), { once: true });
    socket.once("error", (error) => {
      socket.destroy();
      reject(new Error(`no TLS at ${url.host}: ${error.message}`));
    });
    socket.once("secureConnect", () => {
      const validUntilMs = Date.parse(socket.getPeerCertificate().valid_to);
      const distrust = socket.authorized ? null : String(socket.authorizationError);
      socket.destroy();
      if (Number.isNaN(validUntilMs)) reject(new Error("the certificate says no last day"));
      else resolve({ validUntilMs, distrust });
    });
  });
}

const serverCheck: Check<Patient> = {
  name: "server",
  needs: ["TLS"],
  deadlineMs: 5_000,
  whenSilent: "Start the server, or correct SERVER_URL and the way to it.",
  async run(patient, signal) {
    const { settings: { serverUrl }, clock } = patient;
    const sentMs = clock.realNowMs();
    const response = await fetch(new URL("/ping", serverUrl), { redirect: "manual", signal });
    const receivedMs = clock.realNowMs();
    const text = await response.text();
    const serverMs = Date.parse(response.headers.get("date") ?? "");
    // The header has whole seconds: the clock is on average half a second on.
    if (!Number.isNaN(serverMs)) patient.skewMs = (sentMs + receivedMs) / 2 - (serverMs + 500);
    if (response.ok && PING.safeParse(parseJson(text)).success) {
      return ok(`${serverUrl.origin} answers in ${Math.round(receivedMs - sentMs)} ms`);
    }
    return failed(
      `${serverUrl.origin} answers ${response.status}, and not as Lastmark does`,
      "Correct SERVER_URL: something else, as a proxy or a login page, is there.",
    );
  },
};

const PING = z.object({ status: z.literal("ok") });

const clockCheck: Check<Patient> = {
  name: "clock",
  needs: ["server"],
  deadlineMs: 1_000,
  whenSilent: "Keep this machine's clock by NTP.",
  run: ({ skewMs }) => Promise.resolve(clockFinding(skewMs)),
};

/** What a clock means that is so far before the server's. */
export function clockFinding(skewMs: number | undefined): Finding {
  const byNtp = "Keep this machine's clock, and the server's, by NTP.";
  if (skewMs === undefined) return warning("the server does not say its time", byNtp);
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  const says = `${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} the server`;
  if (skewMs > MOST_AHEAD_MS) return failed(`${says}, which refuses prices from the future`, byNtp);
  return Math.abs(skewMs) > WELL_KEPT_MS
    ? warning(says, byNtp)
    : ok("the server's time, within 5 s");
}

const keyCheck: Check<Patient> = {
  name: "agent key",
  needs: ["settings", "server"],
  deadlineMs: 6_000,
  whenSilent: "The server is slow, or its database is away: look at its /health.",
  async run({ settings, key }, signal) {
    const { serverUrl, agentId = "" } = settings;
    const headers = { authorization: `Bearer ${key}` };
    const init = { headers, signal, redirect: "manual" as const };
    const listed = await fetch(new URL("/api/price-agent/tickers", serverUrl), init);
    const text = await listed.text();
    if (listed.status === 401 || listed.status === 403) {
      const makeKey = `Make another: deno task keys create --agent ${agentId}`;
      return failed(`the key is refused: ${problemText(text, listed.status)}`, makeKey);
    }
    if (listed.status !== 200) {
      return failed(`the server answers ${problemText(text, listed.status)}`, keyCheck.whenSilent);
    }
    // The server looks at the name before the rest, and refuses the rest: nothing is stored.
    const named = await fetch(new URL("/api/price-agent/ingest-chain", serverUrl), {
      ...init,
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ agentId }),
    });
    const answer = await named.text();
    if (named.status === 403) {
      return failed(
        `the key is accepted, and is not ${agentId}'s: ${problemText(answer, named.status)}`,
        "Set AGENT_ID to the name that the key was made for.",
      );
    }
    if (named.status !== 400) {
      return warning(
        `the key is accepted; whose it is the server does not say (${named.status})`,
        keyCheck.whenSilent,
      );
    }
    const count = TICKERS.safeParse(parseJson(text)).data?.tickers.length ?? 0;
    return ok(`accepted for ${agentId}; the server wants ${count} tickers`);
  },
};

const TICKERS = z.object({ tickers: z.array(z.unknown()) });
const PROBLEM = z.object({ error: z.string().optional(), detail: z.string().optional() });

function problemText(text: string, status: number): string {
  const { error, detail } = PROBLEM.safeParse(parseJson(text)).data ?? {};
  return [String(status), error, detail && `(${detail})`].filter(Boolean).join(" ");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
