/** The figures in the order of the table. */
import type { Figure } from "./bench.ts";
import { httpFigures } from "./figures/http.ts";

/** All that can be measured. */
export const FIGURES: readonly Figure[] = [...httpFigures];
