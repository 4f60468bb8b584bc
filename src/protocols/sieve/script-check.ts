import { checkArguments, needExtension } from "./argument-check.ts";
import { Requirements } from "./extensions.ts";
import { findingAt, ScriptFault, type ScriptFinding } from "./finding.ts";
import { defaultSieveLimits, type SieveLimits } from "./limits.ts";
import { type Place, parseScript } from "./parser.ts";
import { decodeScript } from "./script-text.ts";
import { quoted } from "./string-rules.ts";
import type { Command, Test } from "./syntax.ts";
import { type Signature, vocabulary } from "./vocabulary.ts";

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

/** What one script has said so far, and whether each further command fits. */
class ScriptCheck {
  readonly warnings: { readonly offset: number; readonly message: string }[] = [];
  readonly #required = new Requirements();
  /** Something other than `require` has come. */
  #begun = false;

  /** @throws ScriptFault when it does not fit. */
  command(command: Command, place: Place): void {
    const signature = this.#signature(command, "command");
    this.#checkPlace(command, place);
    this.#check(command, signature);
    if (signature.block && !command.block) {
      throw new ScriptFault(command.offset, `${command.name} needs a block in { and }.`);
    }
    if (!signature.block && command.block) {
      throw new ScriptFault(command.offset, `${command.name} takes no block: it ends with a semicolon.`);
    }
    if (command.name === "require") this.#require(command);
    else this.#begun = true;
  }

  #checkPlace(command: Command, { previous, depth }: Place): void {
    const { name, offset } = command;
    if (name === "require" && (this.#begun || depth > 0)) {
      throw new ScriptFault(offset, "require has to stand before all other commands.");
    }
    if ((name === "elsif" || name === "else") && previous?.name !== "if" && previous?.name !== "elsif") {
      throw new ScriptFault(offset, `${name} has to follow the block of an if or an elsif.`);
    }
    if (previous?.name === "stop") this.#warn(offset, "This is never reached: stop comes before it.");
  }

  #check(node: Test, signature: Signature): void {
    const context = {
      required: this.#required,
      warn: (offset: number, message: string) => this.#warn(offset, message),
    };
    needExtension(node.name, node.offset, { extension: signature.extension, required: this.#required });
    checkArguments(node, signature, context);
    checkTestCount(node, signature);
    for (const test of node.tests) this.#check(test, this.#signature(test, "test"));
  }

  #signature(node: Test, kind: Signature["kind"]): Signature {
    const signature = vocabulary.get(node.name);
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

function checkTestCount(node: Test, { tests }: Signature): void {
  const [given, second] = node.tests;
  if (tests === "none" && given) throw new ScriptFault(given.offset, `${node.name} takes no test.`);
  if (tests !== "none" && !given) throw new ScriptFault(node.offset, `${node.name} needs a test.`);
  if (tests === "list" && !node.testList) {
    throw new ScriptFault(node.offset, `${node.name} needs its tests in parentheses.`);
  }
  if (tests === "one" && second) {
    throw new ScriptFault(second.offset, `${node.name} takes one test: allof and anyof take several.`);
  }
}
