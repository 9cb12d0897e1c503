/**
 * What the work costs in processor time, which says more than a rate where other programs are busy
 * on the same machine. Linux only.
 */

/** `getconf CLK_TCK`, which is 100 on every Linux that Deno runs on. */
const TICKS_PER_S = 100;

interface ProcessTimes {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended. */
  readonly children: number;
}

/** The times of a process in seconds; `undefined` where it has ended. */
function timesOf(pid: number | string): ProcessTimes | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  } catch {
    return undefined; // it ended while we looked, or there is no /proc
  }
  // The name, in parentheses, may hold blanks; state is the first field behind it (proc(5)).
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
  return {
    parent: fields[1] ?? 0,
    own: (user + system) / TICKS_PER_S,
    children: (childUser + childSystem) / TICKS_PER_S,
  };
}

/** Seconds of processor time that were taken so far; NaN where that cannot be told. */
export interface CpuSeconds {
  /** By the programs that were named. */
  readonly programs: number;
  /** By PostgreSQL with all its backends. */
  readonly database: number;
}

/** Whose time counts. */
export interface Measured {
  /** Processes of which only their own time counts; `ended`: the programs that this one has run. */
  readonly programs: readonly number[] | "ended";
  /** `undefined` where PostgreSQL is not on this machine. */
  readonly postmaster: number | undefined;
}

/** What they took so far. */
export function cpuSeconds({ programs, postmaster }: Measured): CpuSeconds {
  return {
    programs: programs === "ended"
      ? timesOf("self")?.children ?? NaN
      : programs.reduce((sum, pid) => sum + (timesOf(pid)?.own ?? NaN), 0),
    database: postmaster === undefined ? NaN : treeSeconds(postmaster),
  };
}

function treeSeconds(postmaster: number): number {
  const root = timesOf(postmaster);
  if (!root) return NaN;
  let seconds = root.own + root.children;
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const times = timesOf(name);
    if (times?.parent === postmaster) seconds += times.own;
  }
  return seconds;
}

/** The postmaster of a backend on this machine. */
export function postmasterOf(backend: number): number | undefined {
  const parent = timesOf(backend)?.parent;
  return parent !== undefined && parent > 1 ? parent : undefined;
}
