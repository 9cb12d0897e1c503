/** A program for tests: runs the embedded server of a folder until it is killed. */
import { systemClock } from "../../../base/clock.ts";
import { dataFolder, lockFolder } from "../data_folder.ts";
import { startEmbedded } from "../server.ts";

const folder = dataFolder(Deno.args[0] ?? "");
const lock = await lockFolder(folder);
if (!lock) Deno.exit(2);
const server = await startEmbedded({ clock: systemClock(), folder, say: () => {} });
console.log(server.url);
await server.ended;
