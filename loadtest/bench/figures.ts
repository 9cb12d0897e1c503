/** The figures in the order of the table. */
import type { Figure } from "./bench.ts";
import { httpFigures } from "./figures/http.ts";
import { conditionsFigure, historyFigure, latestFigure } from "./figures/reads.ts";
import { coldFigure, memoryFigure } from "./figures/server.ts";
import { sizeFigure } from "./figures/size.ts";
import { notifyFigure, statementFigure } from "./figures/writes.ts";

/** All that can be measured. */
export const FIGURES: readonly Figure[] = [
  ...httpFigures,
  statementFigure,
  notifyFigure,
  sizeFigure,
  latestFigure,
  historyFigure,
  conditionsFigure,
  memoryFigure,
  coldFigure,
];
