/**
 * Patterns of LIST and LSUB (RFC 3501 section 6.3.8): `*` stands for any characters, `%` for any but the hierarchy
 * delimiter. All places of the pattern that a name may have reached are followed together, as bits of words: nothing is
 * tried twice, and the work for a name is its length times the words.
 */

const BITS = 32;
const ANY = "*";
const ANY_OF_LEVEL = "%";

/** A pattern, ready to be matched against many names. Places are between its literal characters; the last is its end. */
export interface ListPattern {
  /** Words that hold a bit for each place. */
  readonly words: number;
  /** Places behind which each character stands, by its code. */
  readonly before: ReadonlyMap<number, Uint32Array>;
  /** Places with a wildcard that takes a delimiter. */
  readonly atAny: Uint32Array;
  /** Places with a wildcard that takes any other character. */
  readonly atWildcard: Uint32Array;
  readonly end: number;
  readonly delimiter: number;
}

/**
 * The text in NFC, as names are made (RFC 5198 section 3), so that one that is written with combining characters finds
 * them. INBOX is known by any case as the first level (RFC 3501 section 5.1).
 */
export function listPattern(text: string, delimiter: string): ListPattern {
  const normalized = text.normalize("NFC");
  const level = normalized.split(delimiter, 1)[0] ?? "";
  const first = level.split(/[*%]/, 1)[0] ?? "";
  const canonical = first.toUpperCase() === "INBOX" ? `INBOX${normalized.slice(first.length)}` : normalized;
  return compile(canonical, delimiter);
}

/** The work of matching a name of this length, in words that are looked at. */
export function costOf({ words }: ListPattern, length: number): number {
  return (length + 1) * words;
}

export function matchesPattern(pattern: ListPattern, name: string): boolean {
  const { words, before, atAny, atWildcard, end, delimiter } = pattern;
  const text = name.normalize("NFC");
  let reached = new Uint32Array(words);
  let next = new Uint32Array(words);
  reached[0] = 1;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const expected = before.get(code);
    const staying = code === delimiter ? atAny : atWildcard;
    let carry = 0;
    let alive = 0;
    for (let word = 0; word < words; word++) {
      const here = reached[word] ?? 0;
      const passed = here & (expected?.[word] ?? 0);
      const now = (passed << 1) | carry | (here & (staying[word] ?? 0));
      carry = passed >>> (BITS - 1);
      next[word] = now;
      alive |= now;
    }
    if (alive === 0) return false;
    [reached, next] = [next, reached];
  }
  return bit(reached, end);
}

function compile(text: string, delimiter: string): ListPattern {
  const words = Math.floor(text.length / BITS) + 1;
  const before = new Map<number, Uint32Array>();
  const atAny = new Uint32Array(words);
  const atWildcard = new Uint32Array(words);
  let place = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === ANY) setBit(atAny, place);
    if (character === ANY || character === ANY_OF_LEVEL) {
      setBit(atWildcard, place);
      continue;
    }
    const code = text.charCodeAt(index);
    const places = before.get(code) ?? new Uint32Array(words);
    setBit(places, place);
    before.set(code, places);
    place++;
  }
  return { words, before, atAny, atWildcard, end: place, delimiter: delimiter.charCodeAt(0) };
}

function bit(places: Uint32Array, place: number): boolean {
  return (((places[Math.floor(place / BITS)] ?? 0) >>> (place % BITS)) & 1) === 1;
}

function setBit(places: Uint32Array, place: number): void {
  const word = Math.floor(place / BITS);
  places[word] = (places[word] ?? 0) | (1 << (place % BITS));
}
