/** `keys create | revoke | list`: the keys with which agents post. */
import { type Command, InvalidArgumentError } from "commander";
import { command } from "../../base/command.ts";
import { createKey, type KeyInfo, listKeys, revokeKey } from "../../db/keys.ts";
import { AGENT_NAME } from "../../options/wire/ingest_schema.ts";
import { addDatabaseSettings, type DatabaseSettings, withDatabase } from "../database.ts";
import { Failure, orFail } from "../failure.ts";
import { type Column, printRows, timeText } from "../output.ts";

const HELP = `
Examples:
  deno task keys create --agent deals      the key of deals, deals-0, deals-1 …
  deno task keys list --json
  deno task keys revoke 3

A key is shown once, when it is made; only its hash is kept.`;

type Settings = DatabaseSettings & { readonly json?: boolean };

const COLUMNS: readonly Column<KeyInfo>[] = [
  { title: "ID", value: (key) => Number(key.id) },
  { title: "AGENT", value: (key) => key.agent },
  { title: "CREATED", value: (key) => timeText(key.createdAtMs) },
  { title: "EXPIRES", value: (key) => timeText(key.expiresAtMs) },
  { title: "REVOKED", value: (key) => timeText(key.revokedAtMs) },
];

/** The command with its three. */
export function keysCommand(): Command {
  const keys = command("keys", "The keys with which agents post.").addHelpText("after", HELP);
  addDatabaseSettings(keys.command("create"))
    .description("make a key for an agent, or for a numbered set of them")
    .requiredOption("--agent <name>", "whose key it is", agentName)
    .option("--json", "print JSON")
    .action(async (settings: Settings & { agent: string }) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          const made = await createKey(sql, { agent: settings.agent });
          if (settings.json) {
            console.log(JSON.stringify({ ...made, agent: settings.agent }, null, 2));
          } else {
            console.log(made.key);
            console.error(`Key ${made.id} of ${settings.agent}. It is not shown again.`);
          }
        })
      );
    });
  addDatabaseSettings(keys.command("revoke <id>"))
    .description("revoke a key, by the ID that list shows; it opens nothing from then on")
    .action(async (id: string, settings: Settings) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          if (!(await revokeKey(sql, id))) {
            throw new Failure(`there is no key ${id} that is not revoked; see deno task keys list`);
          }
          console.log(`revoked ${id}`);
        })
      );
    });
  addDatabaseSettings(keys.command("list"))
    .description("list all keys")
    .option("--json", "print JSON")
    .action(async (settings: Settings) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          const none = "no keys; make one with deno task keys create --agent NAME";
          printRows(await listKeys(sql), COLUMNS, { json: settings.json ?? false, none });
        })
      );
    });
  return keys;
}

function agentName(text: string): string {
  if (AGENT_NAME.test(text)) return text;
  throw new InvalidArgumentError("Allowed: 1 to 64 letters, digits, dots, hyphens, underscores.");
}
