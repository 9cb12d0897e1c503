/**
 * Where in the scanner's memory what is, and the numbers that it and its caller call things by.
 * Both sides read this one file, as AssemblyScript and as TypeScript, so it holds constants alone.
 */

/** The most contracts of a body. */
export const MAX_ROWS = 50_000;

/** The keys of a contract: 0 to 11 are the fields of numbers, in their order, of which these, … */
export const IMPLIED_VOL = 5;
export const DELTA = 6;
export const THETA = 8;
export const VEGA = 9;
/** … and then these. */
export const MID = 12;
export const SYMBOL = 13;
export const EXPIRY = 14;
export const STRIKE = 15;
export const RIGHT = 16;
export const MULTIPLIER = 17;
export const MARKET_DATA_TYPE = 18;
export const QUOTED_AT = 19;
export const UNKNOWN = 20;
/** A number that is left to the caller, among the keys of notes. */
export const LEFT = 23;
/** The end of a row, among the keys. */
export const END = 21;
/** The start of a row, among the keys that may come before a key. */
export const START = 22;

/** What kind of number a field takes: prices, … */
export const PRICE = 0;
/** … volume, open interest and sizes, … */
export const COUNT = 1;
/** … implied volatilities, … */
export const VOLATILITY = 2;
/** … and greeks. */
export const GREEK = 3;

/** What a scan gives in the place of where it ended: the body must be read the exact way. */
export const FAILED = -1;

/** 32-bit words that say what a scan found, by their number: how many contracts, … */
export const ROWS = 0;
/** … how many of them, from the first on, are named as in the known set, … */
export const AS_KNOWN = 1;
/** … which of the keys from `MULTIPLIER` to `QUOTED_AT` have a value, as bits, … */
export const OTHERS = 2;
/** … how many notes there are, … */
export const NOTES = 3;
/** … which of the fields of numbers have a value, as bits, … */
export const FIELDS = 4;
/** … and 1 where all is as in the known set, whose rows were put to their places. */
export const IS_KNOWN = 5;
export const RESULT = 1_024;

/** The key that came after each the last time, a byte each. */
export const NEXT = 1_088;
/** The kind of number of each of the keys 0 to 12, a byte each. */
export const KINDS_OF_NUMBER = 1_120;

/**
 * By kind of number, minus or not, and decimals: 16 places a kind, eight with a minus. Each has the
 * most digits that may be multiplied, -1 for none, and in the upper half by what.
 */
export const FACTORS = 1_152;
export const WITH_MINUS = 8;
/** 1, 10, 100 … 1e22, 64-bit floats. */
export const POWERS = 1_664;
export const POWER_COUNT = 23;

/** Sixteen bytes of one value each, which are compared with others. */
export const MINUS_BYTES = 1_856;
export const ZERO_BYTES = 1_888;
export const NINE_BYTES = 1_904;
export const POINT_BYTES = 1_920;
/** By what digits, two of them, and four of them are multiplied before they are added. */
export const TENS = 1_936;
export const HUNDREDS = 1_952;
export const TEN_THOUSANDS = 1_968;

/** The texts of the kinds of market data, as patterns. */
export const KIND_PATTERNS = 2_048;
export const KIND_COUNT = 4;

/** A pattern: up to 32 bytes, then which of them count, as bits, and how many. */
export const PATTERN_SIZE = 40;
export const PATTERN_BITS = 32;
export const PATTERN_LENGTH = 36;

/**
 * Each key with what comes before and after it, as JavaScript writes it and, `PER_LAYOUT` later, as
 * Python does; at `AT_START` those that begin a row.
 */
export const KEY_PATTERNS = 2_560;
export const PER_LAYOUT = 64;
export const AT_START = 32;

/**
 * The forms of short numbers, by which of their bytes are digits, as bits, and one more bit behind
 * the last. First is what brings up to eight digits to the first eight bytes, and nothing else.
 */
export const FORMS = 12_800;
export const FORM_SIZE = 32;
/** A number that has this bit behind its last byte, or one above, is none of the short ones. */
export const LONG_FORM = 1_024;
/**
 * The 64 bits behind that: where the point must be, as one of sixteen bits, all of them where the
 * form is none of a number; at bit 16 the place of its factor, in bytes; in the upper half what the
 * digits must reach, so that none is behind a first zero.
 */
export const FORM_RULES = 16;

/** The columns of numbers, 32 bits each, one for each key up to `MID`. */
export const NUMBERS = 45_568;
export const NUMBERS_SIZE = 200_000;
/** The columns of the other values: a byte, and twice a 64-bit float. */
export const KINDS = 2_645_568;
export const MULTIPLIERS = 2_695_568;
export const TIMES = 3_095_568;

/** Where in the columns a row of the known set goes. */
export const PLACES = 3_495_568;
/** Where in `TEXTS` the name of a row of the known set begins; one more for the end. */
export const TEXT_AT = 3_695_568;

/** A row that is not as in the known set: where its name begins and ends, then its four parts. */
export const NAMES = 3_895_584;
export const NAME_SIZE = 40;

/**
 * What the caller must look at: a key; a place, or an unknown key's row; where an unknown key's text
 * begins and ends; where the value does. A number of a field that must be read as a double comes
 * with where it is stored and its kind.
 */
export const NOTED = 5_895_584;
export const NOTE_SIZE = 24;
export const MAX_NOTES = 65_536;
/** The place of a value that all contracts have. */
export const FOR_ALL = -1;

/** The JSON of the names of the known set, one after the other, and behind it the body. */
export const TEXTS = 7_468_448;
/** So many bytes beyond a text may be read, and must be there; those beyond the body are 0. */
export const PADDING = 64;
