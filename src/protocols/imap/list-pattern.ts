/**
 * Patterns of LIST and LSUB (RFC 3501 section 6.3.8): `*` stands for any characters, `%` for any but the hierarchy
 * delimiter. All places of the pattern that a name may have reached are followed together, so that no pattern makes the
 * work more than the name's length times the pattern's.
 */

/** A pattern, ready to be matched against many names. */
export interface ListPattern {
  readonly text: string;
  readonly delimiter: string;
}

/** Runs of wildcards are made one: `%*%` is `*`. INBOX is known by any case (RFC 3501 section 5.1). */
export function listPattern(text: string, delimiter: string): ListPattern {
  const collapsed = text.replace(/[*%]+/g, (run) => (run.includes("*") ? "*" : "%"));
  const level = collapsed.split(delimiter, 1)[0] ?? "";
  const first = level.replace(/[*%].*$/, "");
  const canonical = first.toUpperCase() === "INBOX" ? `INBOX${collapsed.slice(first.length)}` : collapsed;
  return { text: canonical, delimiter };
}

export function matchesPattern({ text, delimiter }: ListPattern, name: string): boolean {
  if (text === "*") return true;
  if (!/[*%]/.test(text)) return text === name;
  let reached = new Uint8Array(text.length + 1);
  let next = new Uint8Array(text.length + 1);
  reached[0] = 1;
  skipWildcards(text, reached);
  for (const character of name) {
    let alive = false;
    for (let place = 0; place < text.length; place++) {
      if (!reached[place]) continue;
      const expected = text[place];
      if (expected === "*" || (expected === "%" && character !== delimiter)) next[place] = 1;
      else if (text.startsWith(character, place) && expected !== "%") next[place + character.length] = 1;
      else continue;
      alive = true;
    }
    if (!alive) return false;
    skipWildcards(text, next);
    [reached, next] = [next, reached];
    next.fill(0);
  }
  return reached[text.length] === 1;
}

/** A wildcard may stand for nothing. */
function skipWildcards(text: string, reached: Uint8Array): void {
  for (let place = 0; place < text.length; place++) {
    if (reached[place] && (text[place] === "*" || text[place] === "%")) reached[place + 1] = 1;
  }
}
