/** All subjects that a connection answers. */
import { accounts } from "./handlers/accounts.ts";
import { basics } from "./handlers/basics.ts";
import { contractDetails } from "./handlers/contract_details.ts";
import { historical } from "./handlers/historical.ts";
import { marketData } from "./handlers/market_data.ts";
import { orders } from "./handlers/orders.ts";
import type { SubjectFactory } from "./session.ts";

/** One factory per subject; no two take the same message. */
export const SUBJECTS: readonly SubjectFactory[] = [
  basics,
  contractDetails,
  marketData,
  historical,
  accounts,
  orders,
];
