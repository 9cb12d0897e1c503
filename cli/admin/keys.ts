/** `keys create | rotate | revoke | list`: the keys with which agents post. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { systemClock } from "../../base/clock.ts";
import { command, oneOf } from "../../base/command.ts";
import {
  createKey,
  isKeyId,
  type KeyInfo,
  listKeys,
  type MadeKey,
  revokeKey,
  rotateKey,
} from "../../db/keys.ts";
import type { Ticker } from "../../options/contract.ts";
import { AGENT_NAME } from "../../options/wire/ingest_schema.ts";
import { addDatabaseSettings, type DatabaseSettings, withDatabase } from "../database.ts";
import { Failure, orFail } from "../failure.ts";
import { type Column, jsonRow, printRows, timeText } from "../output.ts";
import { expiry, span } from "./expiry.ts";
import { isSecretName, keySecret, secretNameOf } from "./key_secret.ts";
import { ticker } from "./tickers.ts";

const HELP = `
Examples:
  deno task keys create --agent deals                    the key of deals, deals-0, deals-1 …
  deno task keys create --agent deals --expires 90d --ticker EA --ticker SPX
  deno task keys create --agent deals --format k8s-secret | kubectl apply -f -
  deno task keys rotate 3 --overlap 24h
  deno task keys list --json
  deno task keys revoke 3

A key is shown once, when it is made; only its hash is kept.`;

/** How long a key that was rotated is still good, so that its agents can be given the new one. */
const OVERLAP = "24h";

type Format = "text" | "json" | "k8s-secret";

interface Making extends DatabaseSettings {
  readonly expires?: number;
  readonly format: Format;
  readonly name?: string;
}

const COLUMNS: readonly Column<KeyInfo>[] = [
  { title: "ID", value: (key) => Number(key.id) },
  { title: "AGENT", value: (key) => key.agent },
  { title: "TICKERS", value: (key) => key.tickers?.join(",") ?? "all" },
  { title: "CREATED", value: (key) => timeText(key.createdAtMs) },
  { title: "LAST USED", value: (key) => timeText(key.lastUsedAtMs) },
  { title: "EXPIRES", value: (key) => timeText(key.expiresAtMs) },
  { title: "REVOKED", value: (key) => timeText(key.revokedAtMs) },
];

/** The command with its four. */
export function keysCommand(): Command {
  const keys = command("keys", "The keys with which agents post.").addHelpText("after", HELP);
  addMakingSettings(keys.command("create"))
    .description("make a key for an agent, or for a numbered set of them")
    .requiredOption("--agent <name>", "whose key it is", agentName)
    .option("--ticker <symbol>", "opens only this ticker; may be given several times", oneMore)
    .action(async (settings: Making & { agent: string; ticker?: Ticker[] }) => {
      const { agent, ticker: tickers, expires: expiresAtMs } = settings;
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          const scope = { ...(tickers && { tickers }), ...(expiresAtMs && { expiresAtMs }) };
          show(await createKey(sql, { agent, ...scope }), settings);
        })
      );
    });
  addMakingSettings(keys.command("rotate"))
    .description("make a key that takes over from another, which then expires")
    .argument("<id>", "the other one's ID, as list shows it", keyId)
    .addOption(
      new Option("--overlap <span>", "how long the other one is still good")
        .argParser(span).default(span(OVERLAP), OVERLAP),
    )
    .action(async (id: string, settings: Making & { overlap: number }) => {
      const { overlap: overlapMs, expires: expiresAtMs } = settings;
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          const life = expiresAtMs === undefined ? {} : { expiresAtMs };
          const made = await rotateKey(sql, id, { overlapMs, ...life });
          if (!made) throw new Failure(`there is no key ${id} that is valid; ${SEE_LIST}`);
          show(made, settings);
        })
      );
    });
  addDatabaseSettings(keys.command("revoke"))
    .description("revoke a key: it opens nothing from then on, on any server")
    .argument("<id>", "its ID, as list shows it", keyId)
    .action(async (id: string, settings: DatabaseSettings) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          if (!(await revokeKey(sql, id))) {
            throw new Failure(`there is no key ${id} that is not revoked; ${SEE_LIST}`);
          }
          console.log(`revoked ${id}`);
        })
      );
    });
  addDatabaseSettings(keys.command("list"))
    .description("list all keys")
    .option("--json", "print JSON")
    .action(async (settings: DatabaseSettings & { json?: boolean }) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          const none = "no keys; make one with deno task keys create --agent NAME";
          printRows(await listKeys(sql), COLUMNS, { json: settings.json ?? false, none });
        })
      );
    });
  return keys;
}

const SEE_LIST = "see deno task keys list";

/** What both ways of making a key take. */
function addMakingSettings(making: Command): Command {
  return addDatabaseSettings(making)
    .option(
      "--expires <when>",
      "after a span (90d) or on a day (2027-01-31, 00:00 UTC)",
      expiry(systemClock().realNowMs()),
    )
    .addOption(
      new Option("--format <format>", "text, json or k8s-secret: a Secret with AGENT_API_KEY")
        .argParser(oneOf("text", "json", "k8s-secret")).default("text"),
    )
    .addOption(new Option("--json", "the same as --format json").implies({ format: "json" }))
    .option("--name <name>", "the Secret's name (default: lastmark-agent-<agent>)", secretName);
}

/** The key goes to standard output, alone, so that it can be piped; all else to the other. */
function show(made: MadeKey, { format, name }: Making): void {
  if (format === "json") return console.log(JSON.stringify(jsonRow(made), null, 2));
  if (format === "text") console.log(made.key);
  else console.log(keySecret(name ?? secretNameOf(made.agent), made.key));
  const until = made.expiresAtMs === null ? "" : `, good until ${timeText(made.expiresAtMs)}`;
  console.error(`Key ${made.id} of ${made.agent}${until}. It is not shown again.`);
}

function agentName(text: string): string {
  if (AGENT_NAME.test(text)) return text;
  throw new InvalidArgumentError("Allowed: 1 to 64 letters, digits, dots, hyphens, underscores.");
}

function oneMore(text: string, before: readonly Ticker[] = []): Ticker[] {
  return [...new Set([...before, ticker(text)])];
}

function keyId(text: string): string {
  if (isKeyId(text)) return text;
  throw new InvalidArgumentError(`Allowed: a number; ${SEE_LIST}.`);
}

function secretName(text: string): string {
  if (isSecretName(text)) return text;
  throw new InvalidArgumentError(
    "Allowed: 1 to 253 small letters, digits, hyphens and dots, with a letter or digit at both ends.",
  );
}
