// @ts-nocheck: AssemblyScript, which `.ci/check.ts` compiles
/** What is left to the caller to read. */
import { FAILED, MAX_NOTES, NOTE_SIZE, NOTED } from "./layout.ts";

/** How many notes there are. */
export let notes: i32 = 0;

export function forgetNotes(): void {
  notes = 0;
}

/** Notes a value, as `layout.ts` says; `FAILED` where that is too much. */
export function note(key: i32, place: i32, textAt: i32, textEnd: i32, at: i32, end: i32): i32 {
  if (notes === MAX_NOTES) return FAILED;
  const noted = NOTED + notes++ * NOTE_SIZE;
  store<i32>(noted, key);
  store<i32>(noted, place, 4);
  store<i32>(noted, textAt, 8);
  store<i32>(noted, textEnd, 12);
  store<i32>(noted, at, 16);
  store<i32>(noted, end, 20);
  return 0;
}
