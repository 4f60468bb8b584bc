/** LIST and LSUB (RFC 3501 sections 6.3.8 and 6.3.9), with CHILDREN, SPECIAL-USE and as much of RFC 5258 as that needs. */
import { HIERARCHY_DELIMITER, type MailboxEntry } from "../mailbox.ts";
import { onAccount } from "./carry-out.ts";
import { no, ok, Refused } from "./completion.ts";
import type { ImapDialogue } from "./dialogue.ts";
import type { LsubCommand } from "./grammar/command.ts";
import { formatList } from "./grammar/format-response.ts";
import type { ListCommand } from "./grammar/list.ts";
import { costOf, type ListPattern, listPattern, matchesPattern } from "./list-pattern.ts";

/** Characters of all patterns of a command, each with the reference before it: more would only cost time. */
const LONGEST_PATTERNS = 4096;
/** What a name costs besides, as much as so many words of a pattern. */
const COST_OF_NAME = 100;

export function list(dialogue: ImapDialogue, command: ListCommand): void {
  onAccount(dialogue, command, async ({ account }) => {
    if (command.patterns.length === 1 && command.patterns[0] === "") {
      dialogue.output.text(`* LIST (\\Noselect) "${HIERARCHY_DELIMITER}" ""\r\n`);
      return ok("Done");
    }
    const matches = new NameTest(command.reference, command.patterns);
    const entries = await account.list();
    const subscribed = command.select.includes("SUBSCRIBED");
    const specialUse = command.select.includes("SPECIAL-USE");
    const selected = (entry: MailboxEntry): boolean =>
      (subscribed ? entry.subscribed : entry.exists) && (!specialUse || entry.specialUse.length > 0);
    for (const entry of entries) {
      if (dialogue.tires(matches.cost(entry.name))) await dialogue.breathe();
      if (!selected(entry) || !matches.fits(entry.name)) continue;
      const attributes = attributesOf(entry, subscribed || command.return.includes("SUBSCRIBED"));
      dialogue.output.text(formatList("LIST", { name: entry.name, attributes, delimiter: HIERARCHY_DELIMITER }));
    }
    return ok("Done");
  });
}

/** A name that is merely above a subscribed one is listed, as `\Noselect`, where `%` ends at it. */
export function lsub(dialogue: ImapDialogue, command: LsubCommand): void {
  onAccount(dialogue, command, async ({ account }) => {
    const matches = new NameTest(command.reference, [command.pattern]);
    const subscribed = (await account.list()).filter((entry) => entry.subscribed);
    const names = new Map<string, readonly string[]>();
    if (command.pattern.includes("%")) for (const name of parentsOf(subscribed)) names.set(name, ["\\Noselect"]);
    for (const entry of subscribed) names.set(entry.name, entry.exists && entry.selectable ? [] : ["\\Noselect"]);
    for (const [name, attributes] of names) {
      if (dialogue.tires(matches.cost(name))) await dialogue.breathe();
      if (!matches.fits(name)) continue;
      dialogue.output.text(formatList("LSUB", { name, attributes, delimiter: HIERARCHY_DELIMITER }));
    }
    return ok("Done");
  });
}

/** Whether a name fits one of the patterns of a command, and what it costs to find out. */
class NameTest {
  readonly #patterns: readonly ListPattern[];

  constructor(reference: string, patterns: readonly string[]) {
    const length = patterns.reduce((sum, pattern) => sum + reference.length + pattern.length, 0);
    if (length > LONGEST_PATTERNS) throw new Refused(no("The patterns are too long", "LIMIT"));
    this.#patterns = patterns.map((pattern) => listPattern(`${reference}${pattern}`, HIERARCHY_DELIMITER));
  }

  cost(name: string): number {
    return this.#patterns.reduce((cost, pattern) => cost + costOf(pattern, name.length), COST_OF_NAME);
  }

  fits(name: string): boolean {
    return this.#patterns.some((pattern) => matchesPattern(pattern, name));
  }
}

/** All names above these. */
function parentsOf(entries: readonly MailboxEntry[]): Set<string> {
  const parents = new Set<string>();
  for (const { name } of entries) {
    let end = name.indexOf(HIERARCHY_DELIMITER);
    for (; end > 0; end = name.indexOf(HIERARCHY_DELIMITER, end + 1)) parents.add(name.slice(0, end));
  }
  return parents;
}

function attributesOf(entry: MailboxEntry, withSubscription: boolean): string[] {
  const attributes: string[] = [];
  if (!entry.exists) attributes.push("\\NonExistent");
  else if (!entry.selectable) attributes.push("\\Noselect");
  if (withSubscription && entry.subscribed) attributes.push("\\Subscribed");
  attributes.push(entry.hasChildren ? "\\HasChildren" : "\\HasNoChildren", ...entry.specialUse);
  return attributes;
}
