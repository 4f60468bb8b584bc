import { checkArguments, needExtension } from "./argument-check.ts";
import { isSieveExtension, Requirements } from "./extensions.ts";
import { findingAt, ScriptFault, type ScriptFinding } from "./finding.ts";
import { defaultSieveLimits, type SieveLimits } from "./limits.ts";
import { type Place, parseScript } from "./parser.ts";
import { decodeScript } from "./script-text.ts";
import { quoted } from "./string-finding.ts";
import type { Command, Test } from "./syntax.ts";
import { extensionsOf, type Signature, signatureOf } from "./vocabulary/index.ts";

/** What came of a check. */
export interface ScriptReport {
  /** The first error; null for a valid script. */
  readonly error: ScriptFinding | null;
  /** What is valid and probably not intended, the first ten. */
  readonly warnings: readonly ScriptFinding[];
}

const MOST_WARNINGS = 10;

/**
 * Checks a script: the grammar of RFC 5228, and for each command and test of it and of the {@link sieveExtensions}
 * whether it was required, its arguments, and its place. Never throws; takes time linear in the script's size.
 */
export function checkScript(script: Uint8Array, limits: SieveLimits = defaultSieveLimits): ScriptReport {
  if (script.length > limits.scriptSize) {
    const message = `The script is longer than ${limits.scriptSize} octets.`;
    return { error: { line: 1, column: 1, message }, warnings: [] };
  }
  const { text, fault } = decodeScript(script);
  const check = new ScriptCheck();
  const found = run(() =>
    parseScript(text, { limits, commandRead: (command, place) => check.command(command, place) }),
  );
  const error = first(fault, found);
  return {
    error: error && findingAt(text, error.offset, error.message),
    warnings: check.warnings.map(({ offset, message }) => findingAt(text, offset, message)),
  };
}

function run(check: () => void): ScriptFault | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof ScriptFault) return error;
    throw error;
  }
}

/** Where the text ends because it cannot be understood, the grammar finds that something is missing: not the cause. */
function first(text: ScriptFault | null, grammar: ScriptFault | null): ScriptFault | null {
  if (!text || !grammar) return text ?? grammar;
  return grammar.cutOff || grammar.offset >= text.offset ? text : grammar;
}

/** What is known of a test before the script runs; null for nothing. */
type Truth = boolean | null;

/** An `if` with what follows it. */
interface Branches {
  /** The test of an earlier branch is always true. */
  taken: boolean;
  /** It is about extensions that this server may not have: what is not reached need not make sense here. */
  ofExtensions: boolean;
}

/** What one script has said so far, and whether each further command fits. */
class ScriptCheck {
  readonly warnings: { readonly offset: number; readonly message: string }[] = [];
  readonly #required = new Requirements();
  /** Something other than `require` has come. */
  #begun = false;
  /** The latest in each block that is open, from the outermost. */
  readonly #branches: Branches[] = [];
  /** Commands with a block that are open, each with its depth. */
  readonly #open: { readonly command: Command; readonly depth: number }[] = [];
  /** Deeper blocks are never reached (RFC 5463 section 4); null for none. */
  #unreached: number | null = null;
  /** The test that was looked at last names an extension. */
  #ofExtensions = false;

  /** @throws ScriptFault when it does not fit. */
  command(command: Command, place: Place): void {
    const { depth } = place;
    while ((this.#open.at(-1)?.depth ?? -1) >= depth) this.#open.pop();
    if (this.#unreached !== null && depth > this.#unreached) return;
    this.#unreached = null;
    const signature = this.#signature(command, "command");
    this.#checkPlace(command, place, signature);
    this.#ofExtensions = false;
    const truth = this.#check(command, signature);
    if (signature.block && !command.block) {
      throw new ScriptFault(command.offset, `${command.name} needs a block in { and }.`);
    }
    if (!signature.block && command.block) {
      throw new ScriptFault(command.offset, `${command.name} takes no block: it ends with a semicolon.`);
    }
    if (command.block) this.#openBlock(command, depth, truth);
    if (command.name === "require") this.#require(command);
    else this.#begun = true;
  }

  #checkPlace(command: Command, { previous, depth }: Place, { within }: Signature): void {
    const { name, offset } = command;
    if (name === "require" && (this.#begun || depth > 0)) {
      throw new ScriptFault(offset, "require has to stand before all other commands.");
    }
    if ((name === "elsif" || name === "else") && previous?.name !== "if" && previous?.name !== "elsif") {
      throw new ScriptFault(offset, `${name} has to follow the block of an if or an elsif.`);
    }
    if (within !== undefined) this.#checkWithin(command, within);
    if (previous?.name === "stop") this.#warn(offset, "This is never reached: stop comes before it.");
  }

  /** Whether it stands in the block of such a command: of that name, if it gives one. */
  #checkWithin(command: Command, within: string): void {
    const around = this.#open.filter((open) => open.command.name === within).map((open) => nameOf(open.command));
    if (around.length === 0) throw new ScriptFault(command.offset, `${command.name} has to stand within ${within}.`);
    const name = nameOf(command);
    if (name === null || around.includes(name)) return;
    throw new ScriptFault(command.offset, `There is no ${within} named ${quoted(name)} around this ${command.name}.`);
  }

  #openBlock(command: Command, depth: number, truth: Truth): void {
    this.#open.push({ command, depth });
    if (command.name === "if") this.#branches[depth] = { taken: false, ofExtensions: false };
    const branches = this.#branches[depth];
    if (!branches || !["if", "elsif", "else"].includes(command.name)) return;
    if (this.#ofExtensions) branches.ofExtensions = true;
    const unreached = branches.taken || (command.name !== "else" && truth === false);
    if (unreached && branches.ofExtensions) this.#unreached = depth;
    if (truth === true) branches.taken = true;
  }

  #check(node: Test, signature: Signature): Truth {
    const required = this.#required;
    for (const extension of extensionsOf(signature)) needExtension(node.name, node.offset, { extension, required });
    checkArguments(node, signature, { required, warn: (offset, message) => this.#warn(offset, message) });
    checkTestCount(node, signature);
    if (node.name === "ihave") return this.#ihave(node);
    const truths: Truth[] = [];
    for (const test of node.tests) {
      const truth = this.#check(test, this.#signature(test, "test"));
      truths.push(truth);
      // What decides about all keeps the others from being asked: they may be tests of an extension that is not there.
      if (this.#ofExtensions && truth === deciding.get(node.name)) break;
    }
    return truthOf(node.name, truths);
  }

  /** From here on the script has these extensions, if all of them are there (RFC 5463 section 4). */
  #ihave({ arguments: [extensions] }: Test): Truth {
    this.#ofExtensions = true;
    if (extensions?.type !== "strings") return null;
    if (!extensions.strings.every(({ value }) => isSieveExtension(value))) return false;
    for (const { value } of extensions.strings) this.#required.add(value);
    return true;
  }

  #signature(node: Test, kind: Signature["kind"]): Signature {
    const signature = signatureOf(node.name, kind, (extension) => this.#required.has(extension));
    if (!signature) throw new ScriptFault(node.offset, `There is no ${kind} ${quoted(node.name)}.`);
    if (signature.kind !== kind) {
      const message = kind === "test" ? "is a command, and a test is needed" : "is a test, and a command is needed";
      throw new ScriptFault(node.offset, `${node.name} ${message}.`);
    }
    return signature;
  }

  #require(command: Command): void {
    const [extensions] = command.arguments;
    if (extensions?.type !== "strings") return;
    for (const { offset, value } of extensions.strings) {
      if (!this.#required.add(value)) throw new ScriptFault(offset, `The extension ${quoted(value)} is not supported.`);
    }
  }

  #warn(offset: number, message: string): void {
    if (this.warnings.length < MOST_WARNINGS) this.warnings.push({ offset, message });
  }
}

/** What one test of a list has to be for the whole to be known. */
const deciding: ReadonlyMap<string, Truth> = new Map([
  ["allof", false],
  ["anyof", true],
]);

function truthOf(name: string, [first = null, ...others]: readonly Truth[]): Truth {
  const decided = deciding.get(name);
  if (decided === true || decided === false) {
    const all = [first, ...others];
    if (all.includes(decided)) return decided;
    return all.includes(null) ? null : !decided;
  }
  switch (name) {
    case "true":
      return true;
    case "false":
      return false;
    case "not":
      return first === null ? null : !first;
    default:
      return first;
  }
}

/** What the tag `:name` says. */
function nameOf({ arguments: given }: Command): string | null {
  const at = given.findIndex((argument) => argument.type === "tag" && argument.name === "name");
  const value = at === -1 ? undefined : given[at + 1];
  return value?.type === "strings" ? (value.strings[0]?.value ?? null) : null;
}

function checkTestCount(node: Test, { tests }: Signature): void {
  const [given] = node.tests;
  if (tests === "none" && given) throw new ScriptFault(given.offset, `${node.name} takes no test.`);
  if (tests !== "none" && !given) throw new ScriptFault(node.offset, `${node.name} needs a test.`);
  if (tests === "list" && !node.testList) {
    throw new ScriptFault(node.offset, `${node.name} needs its tests in parentheses.`);
  }
  if (tests === "one" && node.testList) {
    throw new ScriptFault(
      node.offset,
      `${node.name} takes one test, without parentheses: allof and anyof take several.`,
    );
  }
}
