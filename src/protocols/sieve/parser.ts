/** The grammar of a script (RFC 5228 section 8.2). */
import { ScriptFault } from "./finding.ts";
import { Lexer, type Token } from "./lexer.ts";
import type { SieveLimits } from "./limits.ts";
import type { Argument, Command, StringLiteral, Test } from "./syntax.ts";

/** Where a command stands. */
export interface Place {
  /** The command before it in the same block. */
  readonly previous: Command | null;
  /** Blocks around it. */
  readonly depth: number;
}

export interface ParserOptions {
  readonly limits: SieveLimits;
  /** Notified of each command as soon as it is known up to its semicolon or its block, in the order of the text. */
  readonly commandRead: (command: Command, place: Place) => void;
}

/** Reads a whole script. @throws ScriptFault at its first error, or what `commandRead` throws. */
export function parseScript(text: string, options: ParserOptions): readonly Command[] {
  return new Parser(text, options).script();
}

class Parser {
  readonly #lexer: Lexer;
  readonly #options: ParserOptions;
  #token: Token;
  #commands = 0;

  constructor(text: string, options: ParserOptions) {
    this.#lexer = new Lexer(text);
    this.#options = options;
    this.#token = this.#lexer.next();
  }

  script(): readonly Command[] {
    const commands = this.#block(0);
    if (this.#token.type !== "end") throw this.#unexpected("a command");
    return commands;
  }

  #block(depth: number): Command[] {
    const commands: Command[] = [];
    while (this.#token.type === "identifier") {
      commands.push(this.#command({ previous: commands.at(-1) ?? null, depth }));
    }
    return commands;
  }

  #command(place: Place): Command {
    const test = this.#test(0);
    const end = this.#token;
    if (end.type === ";") {
      const command = { ...test, block: null };
      this.#options.commandRead(command, place);
      this.#advance();
      return command;
    }
    if (end.type !== "{") throw this.#unexpected(`a semicolon or a block after ${test.name}`);
    if (place.depth >= this.#options.limits.nesting) {
      throw new ScriptFault(end.offset, `Blocks are nested more than ${this.#options.limits.nesting} deep.`);
    }
    const block: Command[] = [];
    const command = { ...test, block };
    this.#options.commandRead(command, place);
    this.#advance();
    block.push(...this.#block(place.depth + 1));
    if (this.#token.type === "end")
      throw new ScriptFault(end.offset, "The block has no end: } is missing.", { cutOff: true });
    this.#take("}", "a command or the block's end");
    return command;
  }

  /** An identifier and what follows it: the begin of a command, or a test. */
  #test(depth: number): Test {
    const identifier = this.#token;
    if (identifier.type !== "identifier") throw this.#unexpected("a test");
    const { limits } = this.#options;
    if (depth > limits.nesting) {
      throw new ScriptFault(identifier.offset, `Tests are nested more than ${limits.nesting} deep.`);
    }
    this.#commands++;
    if (this.#commands > limits.commands) {
      throw new ScriptFault(identifier.offset, `There are more than ${limits.commands} commands and tests.`);
    }
    this.#advance();
    const given = this.#arguments();
    const testList = this.#token.type === "(";
    const tests = testList ? this.#testList(depth + 1) : this.#oneTest(depth + 1);
    return { name: identifier.name.toLowerCase(), offset: identifier.offset, arguments: given, tests, testList };
  }

  #oneTest(depth: number): readonly Test[] {
    return this.#token.type === "identifier" ? [this.#test(depth)] : [];
  }

  #testList(depth: number): readonly Test[] {
    const tests: Test[] = [];
    do {
      this.#advance();
      tests.push(this.#test(depth));
    } while (this.#token.type === ",");
    this.#take(")", "a comma or the end of the list of tests");
    return tests;
  }

  #arguments(): readonly Argument[] {
    const given: Argument[] = [];
    for (;;) {
      const token = this.#token;
      switch (token.type) {
        case "number":
          given.push(token);
          break;
        case "tag":
          given.push({ type: "tag", offset: token.offset, name: token.name.toLowerCase() });
          break;
        case "string":
          given.push({ type: "strings", offset: token.offset, bracketed: false, strings: [token] });
          break;
        case "[":
          given.push({ type: "strings", offset: token.offset, bracketed: true, strings: this.#strings() });
          break;
        default:
          return given;
      }
      this.#advance();
    }
  }

  /** Ends at the closing bracket. */
  #strings(): readonly StringLiteral[] {
    const strings: StringLiteral[] = [];
    do {
      this.#advance();
      const token = this.#token;
      if (token.type !== "string") throw this.#unexpected("a string");
      strings.push(token);
      this.#advance();
    } while (this.#token.type === ",");
    if (this.#token.type !== "]") throw this.#unexpected("a comma or the end of the list of strings");
    return strings;
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #take(type: Token["type"], wanted: string): void {
    if (this.#token.type !== type) throw this.#unexpected(wanted);
    this.#advance();
  }

  #unexpected(wanted: string): ScriptFault {
    return new ScriptFault(this.#token.offset, `Expected ${wanted}, found ${described(this.#token)}.`);
  }
}

const LONGEST_NAME = 64;

function described(token: Token): string {
  switch (token.type) {
    case "end":
      return "the script's end";
    case "identifier":
      return token.name.slice(0, LONGEST_NAME);
    case "tag":
      return `the tag :${token.name.slice(0, LONGEST_NAME)}`;
    case "number":
      return `the number ${token.value}`;
    case "string":
      return "a string";
    default:
      return token.type;
  }
}
