/** Which arguments each command takes, and when it may come (RFC 5804 section 2). */
import { authenticate, startTls, unauthenticate } from "./authentication.ts";
import { capabilityLines } from "./capabilities.ts";
import type { Complaint, ManageSieveDialogue } from "./dialogue.ts";
import { replies, tagReply } from "./replies.ts";
import {
  checkOnly,
  deleteScript,
  getScript,
  haveSpace,
  listScripts,
  putScript,
  renameScript,
  setActive,
} from "./script-commands.ts";
import { readScriptName } from "./script-name.ts";
import type { Word } from "./words.ts";

/** What an argument is: any string, the name of a script, the same or empty, or a number; `?` for one that may be left out. */
type Parameter = "string" | "string?" | "name" | "name or empty" | "number";

interface Arguments {
  readonly names: readonly string[];
  readonly strings: readonly Buffer[];
  readonly numbers: readonly number[];
}

interface Command {
  readonly takes: readonly Parameter[];
  /** Only for who has logged in. */
  readonly authenticated?: boolean;
  readonly run: (dialogue: ManageSieveDialogue, given: Arguments) => Complaint;
}

const none = Buffer.alloc(0);

const commands = new Map<string, Command>([
  ["CAPABILITY", { takes: [], run: capability }],
  ["NOOP", { takes: ["string?"], run: noop }],
  ["LOGOUT", { takes: [], run: logout }],
  ["STARTTLS", { takes: [], run: startTls }],
  [
    "AUTHENTICATE",
    {
      takes: ["string", "string?"],
      run: (dialogue, { strings: [mechanism = none, initial] }) =>
        authenticate(dialogue, mechanism.toString("latin1"), initial?.toString("latin1")),
    },
  ],
  ["UNAUTHENTICATE", { takes: [], authenticated: true, run: unauthenticate }],
  [
    "HAVESPACE",
    {
      takes: ["name", "number"],
      authenticated: true,
      run: (dialogue, { names: [name = ""], numbers: [size = 0] }) => haveSpace(dialogue, name, size),
    },
  ],
  [
    "PUTSCRIPT",
    {
      takes: ["name", "string"],
      authenticated: true,
      run: (dialogue, { names: [name = ""], strings: [script = none] }) => putScript(dialogue, name, script),
    },
  ],
  [
    "CHECKSCRIPT",
    {
      takes: ["string"],
      authenticated: true,
      run: (dialogue, { strings: [script = none] }) => checkOnly(dialogue, script),
    },
  ],
  ["LISTSCRIPTS", { takes: [], authenticated: true, run: listScripts }],
  [
    "SETACTIVE",
    {
      takes: ["name or empty"],
      authenticated: true,
      run: (dialogue, { names: [name = ""] }) => setActive(dialogue, name),
    },
  ],
  [
    "GETSCRIPT",
    { takes: ["name"], authenticated: true, run: (dialogue, { names: [name = ""] }) => getScript(dialogue, name) },
  ],
  [
    "DELETESCRIPT",
    { takes: ["name"], authenticated: true, run: (dialogue, { names: [name = ""] }) => deleteScript(dialogue, name) },
  ],
  [
    "RENAMESCRIPT",
    {
      takes: ["name", "name"],
      authenticated: true,
      run: (dialogue, { names: [from = "", to = ""] }) => renameScript(dialogue, from, to),
    },
  ],
]);

export function execute(dialogue: ManageSieveDialogue, words: readonly Word[]): void {
  const [first, ...given] = words;
  const command = first?.type === "atom" ? commands.get(first.name) : undefined;
  const complaint = command ? run(dialogue, command, given) : replies.unknownCommand;
  if (complaint !== null) dialogue.complain(complaint);
  else if (command?.authenticated) dialogue.forgiveErrors();
}

function run(dialogue: ManageSieveDialogue, command: Command, given: readonly Word[]): Complaint {
  if (command.authenticated && !dialogue.account) return replies.loginFirst;
  const read = readArguments(command.takes, given);
  return typeof read === "string" ? read : command.run(dialogue, read);
}

/** @returns the complaint, where they are not what the command takes. */
function readArguments(takes: readonly Parameter[], given: readonly Word[]): Arguments | string {
  const names: string[] = [];
  const strings: Buffer[] = [];
  const numbers: number[] = [];
  if (given.length > takes.length) return replies.wrongArguments;
  for (const [index, parameter] of takes.entries()) {
    const word = given[index];
    if (!word && parameter === "string?") continue;
    if (parameter === "number" && word?.type === "number") {
      numbers.push(word.value);
    } else if (parameter === "number" || word?.type !== "string") {
      return replies.wrongArguments;
    } else if (parameter === "string" || parameter === "string?") {
      strings.push(word.octets);
    } else {
      const name = readScriptName(word.octets);
      if (name === null || (name === "" && parameter === "name")) return replies.badName;
      names.push(name);
    }
  }
  return { names, strings, numbers };
}

function capability(dialogue: ManageSieveDialogue): Complaint {
  dialogue.reply(capabilityLines(dialogue));
  dialogue.reply(replies.capabilities);
  return null;
}

function noop(dialogue: ManageSieveDialogue, { strings: [tag] }: Arguments): Complaint {
  dialogue.reply(tag === undefined ? replies.done : tagReply(tag.toString("utf8")));
  return null;
}

function logout(dialogue: ManageSieveDialogue): Complaint {
  dialogue.sayGoodbye(replies.loggedOut);
  return null;
}
