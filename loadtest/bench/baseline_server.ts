/**
 * What Lastmark's ingest is compared with: small servers on the same HTTP stack (`Deno.serve`) and
 * the same database client, each written as one would who needs no more than it does.
 *
 *     baseline_server.ts bare|floor|rows|jsonb    DATABASE_URL, but for bare, names the database
 *
 * - `bare` reads the body, and nothing else.
 * - `floor` reads the body without looking at it, and inserts one row of BLOCK_BYTES bytes, as many
 *   as Lastmark keeps of such a chain. It checks, reads and decides nothing, so it is the most that
 *   any ingest by this stack can reach which keeps what it answered for.
 * - `rows` checks it with zod and stores a row a contract, by `unnest`, in one transaction.
 * - `jsonb` checks it with zod and stores the contracts as one jsonb value, as the product's first
 *   version did.
 *
 * It prints `{"port": …}` and ends when its standard input is closed.
 */
import postgres from "postgres";
import { z } from "zod";
import { endOfProgram } from "../../base/lifetime.ts";

const number = z.number().nullable();
const count = z.number().int().nullable();

const contract = z.object({
  symbol: z.string().regex(/^[A-Z][A-Z0-9.]{0,5}\d{6}[CP]\d{8}$/),
  strike: z.number().positive(),
  expiry: z.iso.date(),
  right: z.enum(["C", "P"]),
  bid: number,
  ask: number,
  mid: number,
  last: number,
  volume: count,
  open_interest: count,
  implied_vol: number,
  delta: number,
  bid_size: count,
  ask_size: count,
});

const body = z.object({
  ticker: z.string().regex(/^[A-Z][A-Z0-9-]{0,13}$/),
  agentId: z.string().min(1),
  agentTimestamp: z.iso.datetime(),
  spotPrice: z.number().positive().nullable(),
  contracts: z.array(contract).max(50_000),
});
type Body = z.infer<typeof body>;

/** Stores a chain and says by which number. */
type Store = (chain: Body) => Promise<string>;

function storeRows(sql: postgres.Sql): Store {
  return async ({ ticker, contracts }) => {
    // What zod has taken needs no quotes in an array's literal.
    const column = (field: keyof Body["contracts"][number]): string =>
      `{${contracts.map((row) => row[field] ?? "NULL").join(",")}}`;
    const rows = await sql`
      WITH snapshot AS (
        INSERT INTO bench_snapshots (ticker) VALUES (${ticker}) RETURNING id, received_at
      ),
      quotes AS (
        INSERT INTO bench_rows (
          ticker, occ, as_of, bid, ask, mid, last, volume, open_interest, implied_vol, delta,
          bid_size, ask_size
        )
        SELECT ${ticker}, q.occ, s.received_at, q.bid, q.ask, q.mid, q.last, q.volume,
          q.open_interest, q.implied_vol, q.delta, q.bid_size, q.ask_size
        FROM snapshot AS s, unnest(
          ${column("symbol")}::text[],
          ${column("bid")}::double precision[],
          ${column("ask")}::double precision[],
          ${column("mid")}::double precision[],
          ${column("last")}::double precision[],
          ${column("volume")}::integer[],
          ${column("open_interest")}::integer[],
          ${column("implied_vol")}::double precision[],
          ${column("delta")}::double precision[],
          ${column("bid_size")}::integer[],
          ${column("ask_size")}::integer[]
        ) AS q (
          occ, bid, ask, mid, last, volume, open_interest, implied_vol, delta, bid_size, ask_size
        )
      )
      SELECT id::text FROM snapshot`;
    return idOf(rows);
  };
}

function storeJsonb(sql: postgres.Sql): Store {
  return async ({ ticker, agentId, agentTimestamp, spotPrice, contracts }) =>
    idOf(
      await sql`
        INSERT INTO bench_jsonb (ticker, agent_id, agent_timestamp, spot_price, chain_data)
        VALUES (${ticker}, ${agentId}, ${agentTimestamp}, ${spotPrice}, ${sql.json(contracts)})
        RETURNING id::text`,
    );
}

/** Inserts the same bytes, which no compression makes less of. */
function floorOf(sql: postgres.Sql, blockBytes: number): () => Promise<string> {
  const block = new Uint8Array(blockBytes);
  for (let at = 0; at < blockBytes; at += 65_536) {
    crypto.getRandomValues(block.subarray(at, at + 65_536));
  }
  return async () =>
    idOf(await sql`INSERT INTO bench_floor (block) VALUES (${block}) RETURNING id::text`);
}

function idOf(rows: readonly Readonly<Record<string, unknown>>[]): string {
  return z.string().parse(rows[0]?.["id"]);
}

function handlerOf(kind: string): (request: Request) => Promise<Response> {
  if (kind === "bare") {
    return async (request) => {
      const { byteLength } = await request.arrayBuffer();
      return Response.json({ success: true, byteLength });
    };
  }
  // Arrays are written as literals below: no list of types is needed.
  const sql = postgres(Deno.env.get("DATABASE_URL") ?? "", { max: 10, fetch_types: false });
  if (kind === "floor") {
    const insert = floorOf(sql, Number(Deno.env.get("BLOCK_BYTES")));
    return async (request) => {
      const { byteLength } = await request.arrayBuffer();
      return Response.json({ success: true, byteLength, snapshotId: await insert() });
    };
  }
  const store = kind === "rows" ? storeRows(sql) : storeJsonb(sql);
  return async (request) => {
    const read = body.safeParse(await request.json());
    if (!read.success) return Response.json({ error: read.error.issues }, { status: 400 });
    return Response.json({ success: true, snapshotId: await store(read.data) });
  };
}

if (import.meta.main) {
  const ending = endOfProgram({ lifeline: true });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(JSON.stringify({ port })),
  }, handlerOf(Deno.args[0] ?? ""));
  ending.addEventListener("abort", () => Deno.exit(0));
  await server.finished;
}
