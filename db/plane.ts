/**
 * One plane of a block (db/block.ts): the same byte of the code of every contract, in the form that
 * takes least. Chains have many bytes that are 0 (contracts without a bid, volumes below 256), and
 * the highest byte of a code seldom needs all its bits.
 *
 *     byte 0      form
 *     form 8      a byte for each contract
 *     form 1 2 4  so many bits for each, the lowest bits of a byte first
 *     form 16     4 bytes: how many are not 0; a bit for each contract, the lowest first: it is not
 *                 0; then those that are not
 */

const SPARSE = 16;

const SPARSE_HEAD_BYTES = 4;

/** The most bytes that a plane of so many contracts takes. */
export function planeRoom(contracts: number): number {
  return 1 + contracts;
}

/**
 * Writes the bytes of `codes` that lie `shift` bits from their lowest; gives the place behind them.
 * There must be {@link planeRoom} left.
 */
export function writePlane(
  block: Uint8Array,
  at: number,
  codes: Uint32Array,
  shift: number,
): number {
  const { length } = codes;
  let all = 0;
  let some = 0;
  for (let i = 0; i < length; i++) {
    const byte = (codes[i] as number) >>> shift & 0xff;
    all |= byte;
    if (byte !== 0) some++;
  }
  const bits = all < 2 ? 1 : all < 4 ? 2 : all < 16 ? 4 : 8;
  const maskBytes = bytesOf(length, 1);
  const sparse = SPARSE_HEAD_BYTES + maskBytes + some;
  if (sparse < bytesOf(length, bits)) {
    block[at] = SPARSE;
    writeCount(block, at + 1, some);
    return writeSparse(block, at + 1 + SPARSE_HEAD_BYTES, codes, shift);
  }
  block[at] = bits;
  if (bits === 8) {
    for (let i = 0; i < length; i++) block[at + 1 + i] = (codes[i] as number) >>> shift;
    return at + 1 + length;
  }
  return writeBits(block, at + 1, codes, { shift, bits });
}

function writeSparse(block: Uint8Array, start: number, codes: Uint32Array, shift: number): number {
  const { length } = codes;
  let at = start + bytesOf(length, 1);
  for (let i = 0; i < length; i++) {
    const byte = (codes[i] as number) >>> shift & 0xff;
    if (byte === 0) continue;
    const place = start + (i >> 3);
    block[place] = (block[place] as number) | 1 << (i & 7);
    block[at++] = byte;
  }
  return at;
}

function writeBits(
  block: Uint8Array,
  start: number,
  codes: Uint32Array,
  { shift, bits }: { readonly shift: number; readonly bits: number },
): number {
  const { length } = codes;
  const mask = (1 << bits) - 1;
  for (let i = 0; i < length; i++) {
    const bit = i * bits;
    const place = start + (bit >> 3);
    block[place] = (block[place] as number) | ((codes[i] as number) >>> shift & mask) << (bit & 7);
  }
  return start + bytesOf(length, bits);
}

/** Adds the plane at a place to `codes`, `shift` bits from their lowest; gives the place behind it. */
export function readPlane(
  block: Uint8Array,
  at: number,
  codes: Uint32Array,
  shift: number,
): number {
  const { length } = codes;
  const bits = block[at] ?? 0;
  const start = at + 1;
  if (bits === SPARSE) return readSparse(block, start + SPARSE_HEAD_BYTES, codes, shift);
  if (bits === 8) {
    for (let i = 0; i < length; i++) {
      codes[i] = (codes[i] as number) | (block[start + i] as number) << shift;
    }
    return start + length;
  }
  const mask = (1 << bits) - 1;
  for (let i = 0; i < length; i++) {
    const bit = i * bits;
    const byte = (block[start + (bit >> 3)] as number) >> (bit & 7) & mask;
    codes[i] = (codes[i] as number) | byte << shift;
  }
  return start + bytesOf(length, bits);
}

function readSparse(block: Uint8Array, start: number, codes: Uint32Array, shift: number): number {
  const { length } = codes;
  let at = start + bytesOf(length, 1);
  for (let i = 0; i < length; i++) {
    if (((block[start + (i >> 3)] as number) >> (i & 7) & 1) === 0) continue;
    codes[i] = (codes[i] as number) | (block[at++] as number) << shift;
  }
  return at;
}

/** One contract's byte of the plane at a place, by the contract's place. */
export function planeByte(block: Uint8Array, at: number, contracts: number, place: number): number {
  const bits = block[at] ?? 0;
  if (bits !== SPARSE) {
    const bit = place * bits;
    return (block[at + 1 + (bit >> 3)] ?? 0) >> (bit & 7) & (1 << bits) - 1;
  }
  const mask = at + 1 + SPARSE_HEAD_BYTES;
  const isThere = (i: number): number => (block[mask + (i >> 3)] ?? 0) >> (i & 7) & 1;
  if (isThere(place) === 0) return 0;
  let before = 0;
  for (let i = 0; i < place; i++) before += isThere(i);
  return block[mask + bytesOf(contracts, 1) + before] ?? 0;
}

/** The place behind the plane at a place. */
export function planeEnd(block: Uint8Array, at: number, contracts: number): number {
  const bits = block[at] ?? 0;
  if (bits !== SPARSE) return at + 1 + bytesOf(contracts, bits);
  return at + 1 + SPARSE_HEAD_BYTES + bytesOf(contracts, 1) + readCount(block, at + 1);
}

function bytesOf(contracts: number, bits: number): number {
  return Math.ceil(contracts * bits / 8);
}

function writeCount(block: Uint8Array, at: number, count: number): void {
  for (let i = 0; i < SPARSE_HEAD_BYTES; i++) block[at + i] = count >>> 24 - 8 * i;
}

function readCount(block: Uint8Array, at: number): number {
  let count = 0;
  for (let i = 0; i < SPARSE_HEAD_BYTES; i++) count = count * 256 + (block[at + i] ?? 0);
  return count;
}
