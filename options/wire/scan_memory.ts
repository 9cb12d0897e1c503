/** An instance of the scanner with its memory. */
import { PADDING, TEXTS } from "./scan/layout.ts";
import scanModule from "./scan/module.js";
import { writeTables } from "./scan_tables.ts";

type ScanExports = typeof import("./scan/scan.wasm");

const PAGE_BYTES = 65_536;

/** A scanner's memory, which grows to what is put into it and never shrinks. */
export class ScanMemory {
  readonly scan: ScanExports["scan"];
  readonly storeValue: ScanExports["storeValue"];
  readonly settle: ScanExports["settle"];
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  readonly #memory: WebAssembly.Memory;

  constructor() {
    // What an instance of that very module exports.
    const exports = new WebAssembly.Instance(scanModule, {}).exports as ScanExports;
    const { memory } = exports;
    this.scan = exports.scan;
    this.storeValue = exports.storeValue;
    this.settle = exports.settle;
    this.#memory = memory;
    writeTables(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
  }

  /** Puts texts to their place and a body behind them. Gives where the body is. */
  put(texts: Uint8Array, body: Uint8Array): number {
    const at = TEXTS + texts.length;
    const end = at + body.length;
    this.#reach(end + PADDING);
    this.bytes.set(texts, TEXTS);
    this.bytes.set(body, at);
    this.bytes.fill(0, end, end + PADDING);
    return at;
  }

  #reach(length: number): void {
    const missing = length - this.bytes.length;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    const { buffer } = this.#memory;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }
}
