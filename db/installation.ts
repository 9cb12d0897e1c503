/**
 * What is true of the whole installation: the one clock offset between real and domain time.
 */
import { z } from "zod";
import type { Sql } from "./connect.ts";

const installation = z.object({
  clockOffsetMs: z.number(),
  nowMs: z.number(),
  newestMs: z.number().nullable(),
});

/** The installation's clock, as the database has it. */
export interface InstallationClock {
  /** Domain time minus real time. */
  readonly clockOffsetMs: number;
  /** Domain time by the database's clock. */
  readonly nowMs: number;
  /** When the newest stored row was received; `null` where nothing is stored. */
  readonly newestMs: number | null;
}

/** Reads the clock. */
export async function readInstallation(sql: Sql): Promise<InstallationClock> {
  const [row] = await sql`
    SELECT
      clock_offset_ms::double precision AS "clockOffsetMs",
      (extract(epoch FROM domain_now()) * 1000)::double precision AS "nowMs",
      (SELECT (extract(epoch FROM max(last_write_at)) * 1000)::double precision FROM tickers)
        AS "newestMs"
    FROM installation`;
  return installation.parse(row);
}

/** The clock would stand before what is stored. */
export class ClockBehindDataError extends Error {
  constructor(readonly nowMs: number, readonly newestMs: number) {
    super(
      `the clock says ${new Date(nowMs).toISOString()}, before the newest stored row of ` +
        `${new Date(newestMs).toISOString()}: ages would be negative. ` +
        "Set the clock of this machine right, or use another database or data folder.",
    );
  }
}

/** A tie in the millisecond and the clocks of two machines are no clock that stands wrong. */
const TOLERANCE_MS = 5_000;

/**
 * The installation's clock, refused where its time is before the newest stored row
 * (throws {@link ClockBehindDataError}).
 */
export async function checkedInstallation(sql: Sql): Promise<InstallationClock> {
  const clock = await readInstallation(sql);
  if (clock.newestMs !== null && clock.nowMs < clock.newestMs - TOLERANCE_MS) {
    throw new ClockBehindDataError(clock.nowMs, clock.newestMs);
  }
  return clock;
}

/**
 * Sets the clock offset. Allowed only while nothing is stored: the clock starts once, runs and
 * never jumps (design, "Time").
 */
export async function setClockOffset(sql: Sql, clockOffsetMs: number): Promise<void> {
  const rows = await sql`
    UPDATE installation SET clock_offset_ms = ${clockOffsetMs}
    WHERE clock_offset_ms = ${clockOffsetMs}
      OR NOT EXISTS (SELECT FROM tickers WHERE last_write_at IS NOT NULL)
    RETURNING id`;
  if (rows.length === 0) {
    throw new Error("the clock offset is fixed once data is stored; use another data folder");
  }
}

/** What access tokens of this installation are signed with. */
export async function tokenKeyOf(sql: Sql): Promise<Uint8Array> {
  const [row] = await sql`SELECT token_key AS key FROM installation`;
  return z.object({ key: z.instanceof(Uint8Array) }).parse(row).key;
}
