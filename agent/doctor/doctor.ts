/** `agent doctor`: looks at everything that an agent needs, and says what to do about each. */
import { type Check, type Result, runChecks } from "./check.ts";
import { diskChecks } from "./disk_checks.ts";
import { gatewayChecks } from "./gateway_checks.ts";
import type { Patient } from "./patient.ts";
import { serverChecks } from "./server_checks.ts";

/** The longest that a visit may take: each of the three rows of checks runs beside the others. */
export const MOST_MS = 30_000;

/** The rows of checks: server, gateway, disk. */
export function rowsOfChecks(): readonly (readonly Check<Patient>[])[] {
  return [serverChecks(), gatewayChecks(), diskChecks()];
}

/** Runs all checks; results come in the order of the report. */
export async function visit(patient: Patient): Promise<readonly Result[]> {
  try {
    const rows = rowsOfChecks().map((checks) => runChecks(checks, patient, patient.clock));
    return (await Promise.all(rows)).flat();
  } finally {
    patient.probe?.close();
  }
}
