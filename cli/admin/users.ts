/** `users add | list | role | disable | enable | link`: the people who sign in. */
import { type Command, InvalidArgumentError } from "commander";
import { command, oneOf, url } from "../../base/command.ts";
import type { Sql } from "../../db/connect.ts";
import {
  addUser,
  findUser,
  listUsers,
  makeLink,
  setDisabled,
  setRole,
  USER_ROLES,
  type UserInfo,
  type UserRole,
} from "../../db/users.ts";
import { addDatabaseSettings, type DatabaseSettings, withDatabase } from "../database.ts";
import { Failure, orFail } from "../failure.ts";
import { type Column, printRows, timeText } from "../output.ts";

const HELP = `
Examples:
  deno task users add ann@example.com --role trader
  deno task users link ann@example.com --url https://lastmark.example
  deno task users role ann@example.com operator
  deno task users disable ann@example.com
  deno task users list --json

A viewer sees all, a trader also says what is watched, an operator also makes agents' keys. A new
user signs in by a link, which is good once and for a day, and sets a password then.`;

/** How long a link is good that an operator hands on. */
const LINK_MS = 86_400_000;

const COLUMNS: readonly Column<UserInfo>[] = [
  { title: "EMAIL", value: (user) => user.email },
  { title: "ROLE", value: (user) => user.role },
  { title: "NAME", value: (user) => user.name },
  { title: "PASSWORD", value: (user) => user.hasPassword ? "set" : "none" },
  { title: "STATE", value: (user) => user.isDisabled ? "disabled" : "good" },
  { title: "SINCE", value: (user) => timeText(user.createdAtMs) },
  { title: "LAST SEEN", value: (user) => timeText(user.seenAtMs) },
];

interface LinkSettings extends DatabaseSettings {
  readonly url: URL;
}

/** The command with its six. */
export function usersCommand(): Command {
  const users = command("users", "The people who sign in.").addHelpText("after", HELP);
  addUrl(addDatabaseSettings(users.command("add")))
    .description("add a user, and print the link by which they sign in first")
    .argument("<email>", "by which they sign in", email)
    .option("--role <role>", USER_ROLES.join(", "), oneOf(...USER_ROLES), "viewer")
    .option("--name <text>", "their name")
    .action((address: string, settings: LinkSettings & { role: UserRole; name?: string }) =>
      run(settings, async (sql) => {
        const { role, name } = settings;
        const added = await addUser(sql, { email: address, role, name });
        if (!added) throw new Failure(`there is a user ${address} already; ${SEE_LIST}`);
        console.error(`${added.email} is a ${role}. This link signs in once, within a day:`);
        console.log(await linkFor(sql, added.id, settings.url));
      })
    );
  addUrl(addDatabaseSettings(users.command("link")))
    .description("print a link that signs a user in, once, within a day")
    .argument("<email>", "of the user", email)
    .action((address: string, settings: LinkSettings) =>
      run(settings, async (sql) => {
        const user = await findUser(sql, { email: address });
        if (!user) throw new Failure(`there is no user ${address}; ${SEE_LIST}`);
        if (user.isDisabled) throw new Failure(`${user.email} is disabled; enable them first`);
        console.log(await linkFor(sql, user.id, settings.url));
      })
    );
  addDatabaseSettings(users.command("role"))
    .description("give a user another role; it counts within seconds")
    .argument("<email>", "of the user", email)
    .argument("<role>", USER_ROLES.join(", "), oneOf(...USER_ROLES))
    .action((address: string, role: UserRole, settings: DatabaseSettings) =>
      run(settings, async (sql) => {
        if (!await setRole(sql, address, role)) {
          throw new Failure(`there is no user ${address}; ${SEE_LIST}`);
        }
        console.log(`${address} is a ${role}`);
      })
    );
  for (const to of ["disable", "enable"] as const) {
    addDatabaseSettings(users.command(to))
      .description(
        to === "disable"
          ? "lock a user out, and end their sessions and tokens within seconds"
          : "let a user in again",
      )
      .argument("<email>", "of the user", email)
      .action((address: string, settings: DatabaseSettings) =>
        run(settings, async (sql) => {
          if (!await setDisabled(sql, address, `${to}d`)) {
            throw new Failure(`there is no user ${address}; ${SEE_LIST}`);
          }
          console.log(`${to}d ${address}`);
        })
      );
  }
  addDatabaseSettings(users.command("list"))
    .description("list all users")
    .option("--json", "print JSON")
    .action((settings: DatabaseSettings & { json?: boolean }) =>
      run(settings, async (sql) => {
        const none = "no users; add one with deno task users add EMAIL --role operator";
        printRows(await listUsers(sql), COLUMNS, { json: settings.json ?? false, none });
      })
    );
  return users;
}

const SEE_LIST = "see deno task users list";

async function run(settings: DatabaseSettings, act: (sql: Sql) => Promise<void>): Promise<void> {
  await orFail(() => withDatabase(settings, act));
}

function addUrl(part: Command): Command {
  return part.option(
    "--url <url>",
    "where browsers reach the server",
    url("http:", "https:"),
    new URL(Deno.env.get("PUBLIC_URL") || "http://127.0.0.1:8000"),
  );
}

async function linkFor(sql: Sql, userId: string, at: URL): Promise<string> {
  return new URL(`/sign-in/link/${await makeLink(sql, userId, LINK_MS)}`, at).href;
}

function email(text: string): string {
  if (!/^[^\s@]+@[^\s@]+$/.test(text) || text.length > 320) {
    throw new InvalidArgumentError("Allowed: an email address, such as ann@example.com.");
  }
  return text;
}
