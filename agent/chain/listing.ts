/** What a gateway lists: an underlying, and the options on it. */
import type { Contract as IbContract, SecType } from "@stoqey/ib";
import type { Contract } from "../../options/contract.ts";

/** The underlying as the gateway knows it. */
export interface Underlying {
  readonly contract: IbContract;
  readonly conId: number;
  readonly secType: SecType;
}

/** One option that the gateway lists. */
export interface Listing {
  readonly contract: Contract;
  readonly conId: number;
  readonly multiplier: number | null;
}

/** One trading class and one of its expiries, as the gateway writes them. */
export interface ClassExpiry {
  readonly tradingClass: string;
  readonly expiry: string;
}
