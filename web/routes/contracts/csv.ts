/** `/contracts/{occ}/history.csv`: a contract's history as RFC 4180 has it, written as it is read. */
import { contractHistory } from "../../../db/contract_history.ts";
import { parseOcc } from "../../../options/contract.ts";
import { type QuoteRow, quoteRow, quoteRowOf } from "../../../options/wire/history.ts";
import type { RequestContext, Services } from "../../services.ts";
import { errorPage } from "../_error.tsx";
import { tickerWith } from "../api/known_contract.ts";
import { momentOf } from "../moment.ts";

/** Every field of a row of the API, by the same name. */
// The keys of a schema's shape are those of what it describes.
const COLUMNS = Object.keys(quoteRow.shape) as (keyof QuoteRow)[];

/** RFC 4180, section 2: lines end with CR LF. */
const END = "\r\n";

/** All snapshots that list the contract, of the whole history or from `from` to before `to`. */
export async function contractCsv(c: RequestContext, services: Services): Promise<Response> {
  const text = c.req.param("occ") ?? "";
  const contract = parseOcc(text.toUpperCase());
  const known = contract && await tickerWith(contract, services.chains);
  if (!contract || !known) {
    return await errorPage(c, services, {
      status: 404,
      title: "No such contract",
      detail: `“${text.slice(0, 40)}” is no contract of a chain that is followed.`,
    });
  }
  const range = {
    fromMs: momentOf(c.req.query("from") ?? "") ?? 0,
    toMs: momentOf(c.req.query("to") ?? "") ?? services.clock.nowMs() + 1,
  };
  const of = { ticker: known.ticker, occ: contract.occ };
  async function* lines(): AsyncGenerator<string, void, void> {
    yield COLUMNS.join(",") + END;
    for await (const one of contractHistory(services.database.work, of, range)) {
      if (one.mode === "snapshot") yield lineOf(quoteRowOf(one));
    }
  }
  return c.body(ReadableStream.from(lines()).pipeThrough(new TextEncoderStream()), 200, {
    "Content-Type": "text/csv; charset=utf-8; header=present",
    "Content-Disposition": `attachment; filename="${contract.occ}.csv"`,
  });
}

/** Numbers, times and names of agents hold nothing that had to be quoted; none is empty. */
function lineOf(row: QuoteRow): string {
  return COLUMNS.map((column) => row[column] ?? "").join(",") + END;
}
