/** Whether the arguments of a command or a test are those that it takes (RFC 5228 section 2.6). */
import { type DecodedString, decodeEncodedCharacters } from "./encoded-characters.ts";
import type { Requirements, SieveExtension } from "./extensions.ts";
import { ScriptFault } from "./finding.ts";
import { quoted } from "./string-finding.ts";
import { checkOctets, checkString, comparatorExtension, type StringRule } from "./string-rules.ts";
import type { Argument, StringLiteral, Test } from "./syntax.ts";
import type { Signature, TagRule, ValueRule, ValueType } from "./vocabulary/index.ts";

export interface ArgumentCheck {
  readonly required: Requirements;
  /** Notified of what is no error. */
  readonly warn: (offset: number, message: string) => void;
}

type Tags = ReadonlyMap<string, Argument | null>;

/** @throws ScriptFault at the first argument that does not fit. */
export function checkArguments(node: Test, signature: Signature, check: ArgumentCheck): void {
  const { arguments: given } = node;
  const tags = new Map<string, Argument | null>();
  let at = 0;
  for (let argument = given[at]; argument?.type === "tag"; argument = given[at]) {
    const rule = tagRule(node, argument, signature);
    checkTag(rule, argument, { tags, signature, check });
    at++;
    const value = rule.value ? given[at++] : undefined;
    if (rule.value) checkValue(rule.value, value, { after: argument, name: `:${rule.name}`, check });
    tags.set(rule.name, value ?? null);
  }
  checkTags(node, signature, tags);
  checkValues(node, given.slice(at), { values: valuesBeside(signature, tags), check });
}

/** @throws ScriptFault where the extension was not required. */
export function needExtension(
  name: string,
  offset: number,
  need: { readonly extension: SieveExtension | undefined; readonly required: Requirements },
): void {
  const { extension, required } = need;
  if (extension === undefined || required.has(extension)) return;
  throw new ScriptFault(offset, `${name} needs: require "${extension}";`);
}

function tagRule(node: Test, argument: Argument & { type: "tag" }, signature: Signature): TagRule {
  const rule = signature.tags.find(({ name }) => name === argument.name);
  if (rule) return rule;
  const known = signature.tags.map(({ name }) => `:${name}`).join(" ");
  const hint = known === "" ? "it takes no tags" : `it takes ${known}`;
  throw new ScriptFault(argument.offset, `${node.name} has no tag ${shownTag(argument.name)}; ${hint}.`);
}

function checkTag(
  rule: TagRule,
  { offset }: Argument,
  context: { readonly tags: Tags; readonly signature: Signature; readonly check: ArgumentCheck },
): void {
  const { tags, signature, check } = context;
  needExtension(`The tag :${rule.name}`, offset, { extension: rule.extension, required: check.required });
  if (tags.has(rule.name)) throw new ScriptFault(offset, `The tag :${rule.name} is given twice.`);
  const other = rule.group && signature.tags.find(({ name, group }) => group === rule.group && tags.has(name));
  if (other) throw new ScriptFault(offset, `:${rule.name} cannot stand beside :${other.name}: one ${rule.group} only.`);
}

/** What only shows from all tags together. */
function checkTags(node: Test, signature: Signature, tags: Tags): void {
  for (const group of signature.needs ?? []) {
    const members = signature.tags.filter((rule) => rule.group === group);
    if (members.some(({ name }) => tags.has(name))) continue;
    throw new ScriptFault(node.offset, `${node.name} needs ${members.map(({ name }) => `:${name}`).join(" or ")}.`);
  }
  for (const { name, beside } of signature.tags) {
    if (beside === undefined || !tags.has(name) || tags.has(beside)) continue;
    throw new ScriptFault(node.offset, `The tag :${name} of ${node.name} needs :${beside} beside it.`);
  }
  const comparator = tags.get("comparator");
  if (comparator?.type !== "strings" || comparator.strings[0]?.value !== "i;ascii-numeric") return;
  const substrings = ["contains", "matches", "regex"].find((name) => tags.has(name));
  if (!substrings) return;
  throw new ScriptFault(comparator.offset, `The comparator "i;ascii-numeric" cannot be used with :${substrings}.`);
}

/** The values of a command; some mean another thing beside these tags. */
function valuesBeside(signature: Signature, tags: Tags): readonly ValueRule[] {
  let { values } = signature;
  for (const { name, changes } of signature.tags) {
    if (!changes || !tags.has(name)) continue;
    values = values.map((value) => {
      if (value.name !== changes.value.name) return value;
      const { strings: _, ...plain } = value;
      return changes.to === null ? plain : { ...plain, strings: changes.to };
    });
  }
  return values;
}

function checkValues(
  node: Test,
  values: readonly Argument[],
  context: { readonly values: readonly ValueRule[]; readonly check: ArgumentCheck },
): void {
  const { values: all, check } = context;
  const tag = values.find(({ type }) => type === "tag");
  if (tag) {
    throw new ScriptFault(tag.offset, `The tags of ${node.name} have to stand before its other arguments.`);
  }
  const mandatory = all.filter(({ optional }) => optional === undefined);
  const rules = values.length > mandatory.length ? all : mandatory;
  const excess = values[rules.length];
  if (excess) {
    throw new ScriptFault(excess.offset, `${node.name} takes ${count(rules.length)}, and this is one more.`);
  }
  let after: { readonly offset: number } = node;
  for (const [index, rule] of rules.entries()) {
    const value = values[index];
    checkValue(rule, value, { after, name: node.name, check });
    if (value && rule.optional && rule.optional !== true) {
      needExtension(`${rule.name} of ${node.name}`, value.offset, {
        extension: rule.optional,
        required: check.required,
      });
    }
    after = value ?? after;
  }
}

function checkValue(
  rule: ValueRule,
  value: Argument | undefined,
  context: { readonly after: { readonly offset: number }; readonly name: string; readonly check: ArgumentCheck },
): void {
  const { after, name, check } = context;
  if (!value) throw new ScriptFault(after.offset, `${name} needs ${rule.name}: ${typeNames[rule.type]}.`);
  if (!fits(value, rule.type)) {
    throw new ScriptFault(value.offset, `${rule.name} of ${name} has to be ${typeNames[rule.type]}.`);
  }
  if (value.type === "number" && value.value < (rule.least ?? 0)) {
    throw new ScriptFault(value.offset, `${rule.name} of ${name} has to be ${rule.least} at least.`);
  }
  if (value.type === "strings") for (const literal of value.strings) checkLiteral(rule, literal, check);
}

function checkLiteral(rule: ValueRule, literal: StringLiteral, { required, warn }: ArgumentCheck): void {
  const { offset } = literal;
  const decoded = required.has("encoded-character") ? decodeEncodedCharacters(literal.value) : plain(literal.value);
  const finding = "severity" in decoded ? decoded : rule.strings && checkDecoded(rule.strings, decoded, required);
  if (finding?.severity === "warning") warn(offset, finding.message);
  if (finding?.severity === "error") throw new ScriptFault(offset, finding.message);
  if (rule.strings === "comparator") {
    const { value } = literal;
    needExtension(`The comparator ${quoted(value)}`, offset, { extension: comparatorExtension(value), required });
  }
}

function plain(value: string): DecodedString {
  return { value, isText: true };
}

function checkDecoded(rule: StringRule, { value, isText }: DecodedString, required: Requirements) {
  return isText ? checkString(rule, value, required) : checkOctets(rule);
}

const typeNames: Readonly<Record<ValueType, string>> = {
  string: "a string",
  "string-list": "a string or a list of strings",
  number: "a number",
};

function fits(value: Argument, type: ValueType): boolean {
  switch (type) {
    case "number":
      return value.type === "number";
    case "string-list":
      return value.type === "strings";
    case "string":
      return value.type === "strings" && !value.bracketed;
  }
}

function count(values: number): string {
  if (values === 0) return "no arguments but tags";
  return values === 1 ? "one argument besides tags" : `${values} arguments besides tags`;
}

function shownTag(name: string): string {
  return `:${name.slice(0, 64)}`;
}
