/** LIST and LSUB (RFC 3501 sections 6.3.8 and 6.3.9), with CHILDREN, SPECIAL-USE and as much of RFC 5258 as that needs. */
import { HIERARCHY_DELIMITER, type MailboxEntry } from "../mailbox.ts";
import { onAccount } from "./carry-out.ts";
import { no, ok, Refused } from "./completion.ts";
import type { Dialogue } from "./dialogue.ts";
import type { LsubCommand } from "./grammar/command.ts";
import { formatList } from "./grammar/format-response.ts";
import type { ListCommand } from "./grammar/list.ts";
import { type ListPattern, listPattern, matchesPattern } from "./list-pattern.ts";

/** Longer ones match no name, and would only cost time. */
const LONGEST_PATTERN = 1024;
/** So many names are matched before other connections have their turn. */
const NAMES_AT_ONCE = 100;

export function list(dialogue: Dialogue, command: ListCommand): void {
  onAccount(dialogue, command, async ({ account }) => {
    if (command.patterns.length === 1 && command.patterns[0] === "") {
      dialogue.output.text(`* LIST (\\Noselect) "${HIERARCHY_DELIMITER}" ""\r\n`);
      return ok("Done");
    }
    const patterns = command.patterns.map((pattern) => readPattern(command.reference, pattern));
    const entries = await account.list();
    const subscribed = command.select.includes("SUBSCRIBED");
    const specialUse = command.select.includes("SPECIAL-USE");
    const selected = (entry: MailboxEntry): boolean =>
      (subscribed ? entry.subscribed : entry.exists) && (!specialUse || entry.specialUse.length > 0);
    for (const [index, entry] of entries.entries()) {
      if (index % NAMES_AT_ONCE === NAMES_AT_ONCE - 1) await dialogue.breathe();
      if (!selected(entry)) continue;
      if (!patterns.some((pattern) => matchesPattern(pattern, entry.name))) continue;
      const attributes = attributesOf(entry, subscribed || command.return.includes("SUBSCRIBED"));
      dialogue.output.text(formatList("LIST", { name: entry.name, attributes, delimiter: HIERARCHY_DELIMITER }));
    }
    return ok("Done");
  });
}

/** A name that is only above a subscribed one is told of, as `\Noselect`, where `%` ends at it. */
export function lsub(dialogue: Dialogue, command: LsubCommand): void {
  onAccount(dialogue, command, async ({ account }) => {
    const pattern = readPattern(command.reference, command.pattern);
    const subscribed = (await account.list()).filter((entry) => entry.subscribed);
    const names = new Map<string, readonly string[]>();
    if (pattern.text.includes("%")) for (const name of parentsOf(subscribed)) names.set(name, ["\\Noselect"]);
    for (const entry of subscribed) names.set(entry.name, entry.exists && entry.selectable ? [] : ["\\Noselect"]);
    let matched = 0;
    for (const [name, attributes] of names) {
      if (++matched % NAMES_AT_ONCE === 0) await dialogue.breathe();
      if (!matchesPattern(pattern, name)) continue;
      dialogue.output.text(formatList("LSUB", { name, attributes, delimiter: HIERARCHY_DELIMITER }));
    }
    return ok("Done");
  });
}

function readPattern(reference: string, pattern: string): ListPattern {
  const whole = `${reference}${pattern}`;
  if (whole.length > LONGEST_PATTERN) throw new Refused(no("The pattern is too long", "LIMIT"));
  return listPattern(whole, HIERARCHY_DELIMITER);
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

function attributesOf(entry: MailboxEntry, tellSubscription: boolean): string[] {
  const attributes: string[] = [];
  if (!entry.exists) attributes.push("\\NonExistent");
  else if (!entry.selectable) attributes.push("\\Noselect");
  if (tellSubscription && entry.subscribed) attributes.push("\\Subscribed");
  attributes.push(entry.hasChildren ? "\\HasChildren" : "\\HasNoChildren", ...entry.specialUse);
  return attributes;
}
