/** The standard normal distribution. */

const INV_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** The density of the standard normal distribution at `x`. */
export function normalPdf(x: number): number {
  return INV_SQRT_2PI * Math.exp(-0.5 * x * x);
}

/**
 * The probability that a standard normal variable is below `x`, to about 1e-15: Hart's rational
 * approximation in double precision, as given by G. West, "Better approximations to cumulative
 * normal functions", Wilmott, May 2005.
 *
 * @example
 * ```ts
 * import { normalCdf } from "./normal.ts";
 * console.assert(normalCdf(0) === 0.5);
 * console.assert(Math.abs(normalCdf(1.96) - 0.9750021048517795) < 1e-14);
 * ```
 */
export function normalCdf(x: number): number {
  if (x === 0) return 0.5;
  const z = Math.abs(x);
  const tail = z > 37 ? 0 : upperTail(z);
  return x > 0 ? 1 - tail : tail;
}

function upperTail(z: number): number {
  const density = Math.exp(-0.5 * z * z);
  if (z >= 7.07106781186547) {
    // A continued fraction converges here.
    return density / (2.506628274631 * (z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))));
  }
  const above = (((((3.52624965998911e-2 * z + 0.700383064443688) * z + 6.37396220353165) * z +
                33.912866078383) * z + 112.079291497871) * z + 221.213596169931) * z +
    220.206867912376;
  const below = ((((((8.83883476483184e-2 * z + 1.75566716318264) * z + 16.064177579207) * z +
                    86.7807322029461) * z + 296.564248779674) * z + 637.333633378831) * z +
        793.826512519948) * z + 440.413735824752;
  return density * above / below;
}
