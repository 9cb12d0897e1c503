/**
 * The chain that two servers give, by what agents sent them in any order, held to a plain model
 * (`last_known_model.ts`). Servers are killed and started again in between. `FC_SEED` chooses other
 * histories, `FC_RUNS` more of them.
 */
import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { addWatch } from "../../db/watches.ts";
import { parseTicker } from "../../options/contract.ts";
import { type ChainAnswer, chainAnswerSchema, type ChainRow } from "../../options/wire/chain.ts";
import { post } from "./harness.ts";
import {
  FIELDS,
  type Known,
  type KnownChain,
  type KnownContract,
  lastKnown,
  type SentBatch,
  type SentContract,
} from "./last_known_model.ts";
import { type Processes, withProcesses } from "./processes.ts";
import type { WebProcess } from "./web_process.ts";

const SEED = Number(Deno.env.get("FC_SEED") ?? 2026);
const RUNS = Number(Deno.env.get("FC_RUNS") ?? 20);

/** How long a server may take to hear of what the other took. */
const PATIENCE_MS = 10_000;

const CONTRACTS = 24;

/** The OCC symbols of a ticker: two roots that share expiries and strikes. */
function symbolsOf(ticker: string): string[] {
  return Array.from({ length: CONTRACTS }, (_, i) => {
    const root = i % 2 === 0 ? ticker : `${ticker}W`;
    const strike = String(100_000 + Math.floor(i / 4) * 5_000).padStart(8, "0");
    return `${root}301220${i % 4 < 2 ? "C" : "P"}${strike}`;
  });
}

const none = fc.constantFrom(undefined, null, -1);
const price = fc.oneof(
  { weight: 2, arbitrary: none },
  { weight: 1, arbitrary: fc.constantFrom(0, 0.00004, 0.05) },
  {
    weight: 3,
    arbitrary: fc.double({ min: 0, max: 199_999, noNaN: true, noDefaultInfinity: true }),
  },
);
const count = fc.oneof(none, fc.nat({ max: 2_147_483_647 }), fc.constant(0));
const greek = fc.oneof(
  fc.constantFrom(undefined, null, 0),
  fc.double({ min: -0.99, max: 2_147, noNaN: true }),
);
const volatility = fc.oneof(
  fc.constantFrom(undefined, null, -1, 0, 1e-5, 0.0001, 0.00011),
  fc.double({ min: 0, max: 9, noNaN: true }),
);

/** A contract without its name; a zeroed one is as feeds dump them at night. */
const quote = (zeroed: boolean) =>
  fc.record({
    bid: zeroed ? fc.constantFrom(0, null, undefined) : price,
    ask: zeroed ? fc.constantFrom(0, -1) : price,
    last: price,
    volume: count,
    open_interest: count,
    implied_vol: volatility,
    delta: greek,
    gamma: greek,
    theta: greek,
    vega: greek,
    bid_size: count,
    ask_size: count,
    market_data_type: fc.constantFrom(undefined, "realtime", "delayed", "frozen"),
    multiplier: fc.constantFrom(undefined, 100, 10),
    quoted_at: fc.constantFrom(undefined, "2026-07-15T17:15:53.000Z"),
  });

/** A contract by its number in {@link symbolsOf}, and its fields as they are sent. */
interface Numbered {
  readonly number: number;
  readonly fields: object;
}

/** Contracts by their number. Of a zeroed dump one in twelve or so keeps its prices. */
const contracts: fc.Arbitrary<readonly Numbered[]> = fc.tuple(
  fc.oneof(
    fc.constant(Array.from({ length: CONTRACTS }, (_, i) => i)),
    fc.subarray(Array.from({ length: CONTRACTS }, (_, i) => i), { minLength: 1 }),
    fc.subarray(Array.from({ length: CONTRACTS }, (_, i) => i), { minLength: 1, maxLength: 3 }),
  ),
  fc.boolean(),
).chain(([numbers, dump]) =>
  fc.tuple(
    ...numbers.map((number) =>
      fc.nat({ max: 11 }).chain((n) => quote(dump && n > 0)).map((fields) => ({ number, fields }))
    ),
  )
);

/** One post. What is late says how long ago it was read, or which earlier post's very time it has. */
const posted = fc.record({
  server: fc.constantFrom(0, 1),
  mode: fc.constantFrom("snapshot", "snapshot", "update", undefined),
  spotPrice: price,
  contracts: fc.oneof({ weight: 12, arbitrary: contracts }, {
    weight: 1,
    arbitrary: fc.constant<Numbered[]>([]),
  }),
  missing: fc.array(
    fc.record({
      number: fc.nat({ max: CONTRACTS - 1 }),
      reason: fc.constantFrom("mute_feed", "line_budget"),
    }),
    { maxLength: 2 },
  ),
  late: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    {
      weight: 2,
      arbitrary: fc.record({
        ageMs: fc.integer({ min: 0, max: 3_600_000 }),
        skewMs: fc.constantFrom(null, 0, -7_200_000, 50_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ sameAs: fc.nat() }) },
  ),
});
type Posted = typeof posted extends fc.Arbitrary<infer T> ? T : never;

/** What happens: posts that go out together, the death of a server (perhaps under them), a look. */
const step = fc.record({
  posts: fc.array(posted, { minLength: 1, maxLength: 3 }),
  kill: fc.oneof(
    { weight: 14, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.record({ server: fc.constantFrom(0, 1), under: fc.boolean() }) },
  ),
  look: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The two servers, each started again after it was killed. */
class Pair {
  readonly #given: Processes;
  readonly #servers: [WebProcess, WebProcess];
  deaths = 0;

  constructor(given: Processes) {
    this.#given = given;
    this.#servers = [...given.servers];
  }

  at(which: number): WebProcess {
    return this.#servers[which === 0 ? 0 : 1];
  }

  async kill(which: number): Promise<void> {
    this.deaths++;
    await this.at(which).kill();
  }

  async restart(which: number): Promise<void> {
    this.#servers[which === 0 ? 0 : 1] = await this.#given.start();
  }
}

/** One history: a ticker of its own, what was sent of it, and what the database says of its place. */
class History {
  readonly #given: Processes;
  readonly #pair: Pair;
  readonly ticker: string;
  readonly #symbols: readonly string[];
  readonly sent: SentBatch[] = [];
  #posts = 0;

  constructor(given: Processes, pair: Pair, ticker: string) {
    this.#given = given;
    this.#pair = pair;
    this.ticker = ticker;
    this.#symbols = symbolsOf(ticker);
  }

  static async begin(given: Processes, pair: Pair, ticker: string): Promise<History> {
    const parsed = parseTicker(ticker);
    assert.ok(parsed);
    await addWatch(given.sql, parsed);
    return new History(given, pair, ticker);
  }

  async take({ posts, kill, look }: Step): Promise<void> {
    const under = kill?.under === true;
    if (kill && !under) await this.#pair.kill(kill.server);
    if (kill && !under) await this.#pair.restart(kill.server);
    const dying = kill && under ? this.#pair.kill(kill.server) : undefined;
    await Promise.all(posts.map((one) => this.#post(one)));
    if (kill && dying) {
      await dying;
      await this.#pair.restart(kill.server);
    }
    if (look || kill) await this.check();
  }

  /** Sends one batch until a server has answered, and notes it with its place. */
  async #post(one: Posted): Promise<void> {
    const name = `${this.ticker}-${this.#posts++}`;
    const nowMs = Date.now();
    const late = this.#lateness(one, nowMs);
    const agentMs = late?.agentMs ?? nowMs;
    const batch = {
      agentId: late ? "deals-7" : "deals-0",
      agentTimestamp: new Date(agentMs).toISOString(),
      spotPrice: one.spotPrice ?? null,
      contracts: Array.from(one.contracts, ({ number, fields }): SentContract => ({
        symbol: this.#symbols[number] ?? "",
        // The fields that are undefined are not sent at all.
        ...JSON.parse(JSON.stringify(fields)),
      })),
      missing: one.missing.map(({ number, reason }) => ({
        contract: this.#symbols[number] ?? "",
        reason,
      })),
    };
    const body = {
      ...batch,
      ticker: this.ticker,
      ...(one.mode && { mode: one.mode }),
      ...(typeof late?.sentMs === "number" && { sentAt: new Date(late.sentMs).toISOString() }),
    };
    const answer = await this.#answer(one.server, body, {
      "idempotency-key": name,
      ...(late && { "lastmark-backfill": "1" }),
    });
    if (one.contracts.length === 0) return;
    const receivedMs = Date.parse(answer.serverReceivedAt);
    const correctedMs = typeof late?.sentMs === "number"
      ? agentMs + receivedMs - late.sentMs
      : agentMs;
    const [place] = await this.#given.sql`
      SELECT seq::integer FROM batches WHERE id = ${answer.snapshotId}::bigint`;
    const asOfMs = late ? Math.min(receivedMs, correctedMs) : receivedMs;
    this.sent.push({ ...batch, asOfMs, seq: place?.["seq"] });
  }

  #lateness({ late }: Posted, nowMs: number) {
    if (!late) return null;
    if ("sameAs" in late) {
      const other = this.sent[late.sameAs % Math.max(1, this.sent.length)];
      return { agentMs: other?.asOfMs ?? nowMs - 1, sentMs: null };
    }
    const { ageMs, skewMs } = late;
    const agentMs = nowMs - ageMs + (skewMs ?? 0);
    return { agentMs, sentMs: skewMs === null ? null : nowMs + skewMs };
  }

  /** A server that dies is no answer; the other is asked then. */
  async #answer(first: number, body: unknown, headers: Record<string, string>) {
    for (let tries = 0;; tries++) {
      try {
        const server = this.#pair.at((first + tries) % 2);
        const response = await post(server, this.#given.key, body, headers);
        const answer = await response.json();
        assert.equal(response.status, 200, JSON.stringify(answer));
        return answer;
      } catch (error) {
        if (error instanceof assert.AssertionError || tries > 3) throw error;
      }
    }
  }

  /** Both servers give the model's chain, field by field, with their times. */
  async check(): Promise<void> {
    if (this.sent.length === 0) return;
    const expected = lastKnown(this.sent);
    assert.deepEqual(
      this.sent.map(({ seq }) => seq).sort((a, b) => a - b),
      this.sent.map((_, index) => index + 1),
    );
    for (const which of [0, 1]) {
      assert.deepEqual(await this.#read(which, expected.seq), expected, `server ${which}`);
    }
  }

  async #read(which: number, seq: number): Promise<KnownChain> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const response = await fetch(`${this.#pair.at(which).url}/api/chains/${this.ticker}`);
      const answer = await response.json();
      if (response.status === 200 && answer.seq >= seq) {
        return chainOf(chainAnswerSchema.parse(answer));
      }
      assert.ok(performance.now() < deadlineMs, `server ${which} is at ${answer.seq} of ${seq}`);
    }
  }
}

/** A chain's answer in the words of the model. */
function chainOf(answer: ChainAnswer): KnownChain {
  return {
    spot: answer.spotPrice === null ? null : [answer.spotPrice, answer.spotSeenAt ?? ""],
    agentId: answer.agentId,
    agentTimestamp: answer.agentTimestamp,
    seq: answer.seq,
    contracts: Object.fromEntries(answer.contracts.map((row) => [row.symbol, contractOf(row)])),
  };
}

function contractOf(row: ChainRow): KnownContract {
  const fields: KnownContract["fields"] = {};
  for (const field of [...Object.keys(FIELDS), "mid"] as (keyof typeof FIELDS | "mid")[]) {
    const known = fieldOf(row, field);
    if (known) fields[field] = known;
  }
  return {
    asOf: row.asOf,
    kind: row.kind,
    multiplier: row.multiplier ?? null,
    quotedAt: row.quotedAt ?? null,
    missingReason: row.missingReason ?? null,
    fields,
  };
}

/** A field with its time and whether it is so now, which go by the row where nothing is said. */
function fieldOf(row: ChainRow, field: keyof typeof FIELDS | "mid"): Known | undefined {
  const value = row[field];
  if (value === null) return undefined;
  const name = field.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  // The names of a row's other columns are made of its fields' names.
  const said: Readonly<Record<string, unknown>> = row;
  const seenAt = said[`${name}SeenAt`] ?? row.asOf;
  const now = `${name}Now` in said ? said[`${name}Now`] : value;
  assert.ok(now === null || now === value, `${row.symbol} ${name}Now is ${now}, not ${value}`);
  return [value, String(seenAt), now !== null];
}

/** Waits until a server has kept a checkpoint, which it does when there is nothing better to do. */
async function hasCheckpoint({ sql }: Processes): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while ((await sql`SELECT FROM checkpoints LIMIT 1`).length === 0) {
    assert.ok(performance.now() < deadlineMs, "no checkpoint was kept");
  }
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

Deno.test("whatever agents sent to two servers, killed in between, both give the chain of the model", async () => {
  await withProcesses(async (given) => {
    const pair = new Pair(given);
    let tickers = 0;
    const nextTicker = (): string => {
      const n = tickers++;
      return `Q${LETTERS[Math.floor(n / 26) % 26]}${LETTERS[n % 26]}`;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const history = await History.begin(given, pair, nextTicker());
        for (const one of steps) await history.take(one);
        await history.check();
      }),
      // A smaller history that fails too would take minutes to find; the difference tells enough.
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    );
    assert.ok(pair.deaths > 0, "no server died");
  });
});

Deno.test("a long history is the model's on servers that start from a checkpoint, and after late batches", async () => {
  await withProcesses(async (given) => {
    const pair = new Pair(given);
    const history = await History.begin(given, pair, "LONG");
    const steps = fc.sample(fc.array(step, { minLength: 70, maxLength: 70 }), {
      seed: SEED,
      numRuns: 1,
    })[0] ?? [];
    for (const [index, one] of steps.entries()) {
      // A late batch undoes checkpoints: those of the second half stay.
      const posts = index < 35 ? one.posts : one.posts.map((each) => ({ ...each, late: null }));
      await history.take({ posts, kill: null, look: index % 10 === 9 });
    }
    await history.check();
    await hasCheckpoint(given);
    for (const which of [0, 1]) {
      await pair.kill(which);
      await pair.restart(which);
    }
    await history.check();
    // Then what belongs before the checkpoint, and what comes after it.
    const [first, second] = fc.sample(posted, { seed: SEED, numRuns: 2 });
    assert.ok(first && second);
    const late = { ...first, late: { ageMs: 3_000_000, skewMs: null } };
    for (const posts of [[late], [{ ...second, late: null }]]) {
      await history.take({ posts, kill: { server: 0, under: false }, look: true });
    }
  });
});
