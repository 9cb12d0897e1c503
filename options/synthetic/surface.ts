/**
 * Volatility surfaces without arbitrage: SSVI of Gatheral and Jacquier ("Arbitrage-free SVI
 * volatility surfaces", Quantitative Finance 2014). Total variance at log-moneyness k is
 * w = θ/2 · (1 + ρφk + √((φk + ρ)² + 1 − ρ²)) with φ = η / (θ^γ (1 + θ)^(1−γ)); it is free of
 * butterflies and calendar spreads for γ ≤ 1/2 and η(1 + |ρ|) ≤ 2 (their remark 4.4).
 */

/** What a surface is made of. */
export interface Surface {
  /** At-the-money volatility of the nearest and of the farthest expiries. */
  readonly shortVol: number;
  readonly longVol: number;
  /** How fast, per year, the first goes over into the second. */
  readonly speed: number;
  /** ρ: negative where low strikes are dear. */
  readonly skew: number;
  /** η: how curved the smile is. */
  readonly curvature: number;
}

const GAMMA = 0.5;

/** Total variance at the money, rising with time. */
export function atTheMoneyVariance(surface: Surface, years: number): number {
  const { shortVol, longVol, speed } = surface;
  const decayed = (1 - Math.exp(-speed * years)) / speed;
  return longVol * longVol * years + (shortVol * shortVol - longVol * longVol) * decayed;
}

/** The implied volatility of a strike, as a fraction; `years` must be above 0. */
export function surfaceVol(
  surface: Surface,
  forward: number,
  strike: number,
  years: number,
): number {
  const theta = atTheMoneyVariance(surface, years);
  const phi = surface.curvature / (theta ** GAMMA * (1 + theta) ** (1 - GAMMA));
  const x = phi * Math.log(strike / forward);
  const rho = surface.skew;
  const variance = theta / 2 * (1 + rho * x + Math.sqrt((x + rho) ** 2 + 1 - rho * rho));
  return Math.sqrt(variance / years);
}
