/**
 * A scenario: faults that begin and end at set times, from a JSON file. `docs/gateway/faults.md` has
 * the form, and two that are shipped.
 */
import { z } from "zod";
import type { Clock, Timer } from "../../base/clock.ts";
import { type Fault, readFault } from "./fault.ts";
import type { Faults } from "./faults.ts";

/** A scenario that cannot be read; the message names the file, the step and what is allowed. */
export class ScenarioError extends Error {}

const atSeconds = z.number().nonnegative().max(7 * 86_400);

const file = z.strictObject({
  about: z.string().optional(),
  repeatEverySeconds: z.number().positive().optional(),
  steps: z.array(z.union([
    z.strictObject({ atSeconds, fault: z.record(z.string(), z.unknown()) }),
    z.strictObject({
      atSeconds,
      end: z.union([z.literal("all"), z.number().int().nonnegative()]),
    }),
  ], { error: 'must be {"atSeconds": …, "fault": {…}} or {"atSeconds": …, "end": step or "all"}' }))
    .min(1),
});

/** One step: a fault begins, or those of a step end, or all. */
export type ScenarioStep =
  | { readonly atSeconds: number; readonly fault: Fault }
  | { readonly atSeconds: number; readonly end: number | "all" };

/** A scenario, as it was read. */
export interface Scenario {
  readonly steps: readonly ScenarioStep[];
  readonly repeatEverySeconds?: number | undefined;
}

/**
 * Reads a scenario.
 *
 * @throws {ScenarioError} with `name` (of the file) and the step that is wrong.
 */
export function parseScenario(text: string, name: string): Scenario {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ScenarioError(`${name} is not JSON: ${error instanceof Error ? error.message : ""}`);
  }
  const read = file.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    const where = issue?.path.map((part) => typeof part === "number" ? `step ${part}` : part);
    throw new ScenarioError(`${name}, ${where?.join(", ") || "whole"}: ${issue?.message}`);
  }
  const steps = read.data.steps.map((step, index): ScenarioStep => {
    if ("end" in step) {
      const last = read.data.steps.length - 1;
      if (typeof step.end === "number" && (step.end > last || step.end === index)) {
        throw new ScenarioError(`${name}, step ${index}: there is no other step ${step.end}`);
      }
      return step;
    }
    const found = readFault(step.fault);
    if (found.ok) return { atSeconds: step.atSeconds, fault: found.fault };
    const [wrong] = found.errors;
    throw new ScenarioError(`${name}, step ${index}, ${wrong?.path}: ${wrong?.message}`);
  });
  return { steps, repeatEverySeconds: read.data.repeatEverySeconds };
}

/** Plays a scenario; what it returns stops it, and leaves the faults that are on. */
export function playScenario(scenario: Scenario, faults: Faults, clock: Clock): () => void {
  const { steps, repeatEverySeconds } = scenario;
  const timers = new Set<Timer>();
  const play = (): void => {
    const ids = new Map<number, number>();
    for (const [index, step] of steps.entries()) {
      const timer = clock.after(step.atSeconds * 1_000, () => {
        timers.delete(timer);
        if ("fault" in step) ids.set(index, faults.add(step.fault));
        else if (step.end === "all") faults.clear();
        else faults.end(ids.get(step.end) ?? -1);
      });
      timers.add(timer);
    }
  };
  play();
  if (repeatEverySeconds !== undefined) timers.add(clock.every(repeatEverySeconds * 1_000, play));
  return () => {
    for (const timer of timers) timer.cancel();
  };
}
