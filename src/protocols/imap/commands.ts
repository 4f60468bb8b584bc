/** What carries out each command. */
import { create, enable, leave, namespace, remove, rename, select, status, subscribe } from "./account-commands.ts";
import { capability, id, logout, noop } from "./any-state-commands.ts";
import { authenticate, loginCommand, startTls } from "./authentication.ts";
import type { ImapDialogue } from "./dialogue.ts";
import { fetch } from "./fetch.ts";
import type { Command, CommandName } from "./grammar/command.ts";
import { idle } from "./idle.ts";
import { list, lsub } from "./listing.ts";
import { copy, expunge, store } from "./message-commands.ts";
import { search } from "./search.ts";

/** The command of this name; several names may share a type. */
type CommandNamed<Name, Type = Command> = Type extends { readonly name: infer Names }
  ? Name extends Names
    ? Type
    : never
  : never;

type Handlers = {
  /** APPEND is not among them: its message is asked for before the command is complete, see `append`. */
  readonly [Name in Exclude<CommandName, "APPEND">]: (dialogue: ImapDialogue, command: CommandNamed<Name>) => void;
};

const handlers: Handlers = {
  CAPABILITY: capability,
  NOOP: noop,
  CHECK: noop,
  LOGOUT: logout,
  ID: id,
  STARTTLS: startTls,
  AUTHENTICATE: authenticate,
  LOGIN: loginCommand,
  ENABLE: enable,
  NAMESPACE: namespace,
  SELECT: select,
  EXAMINE: select,
  CREATE: create,
  DELETE: remove,
  RENAME: rename,
  SUBSCRIBE: subscribe,
  UNSUBSCRIBE: subscribe,
  LIST: list,
  LSUB: lsub,
  STATUS: status,
  IDLE: idle,
  CLOSE: leave,
  UNSELECT: leave,
  EXPUNGE: expunge,
  SEARCH: search,
  FETCH: fetch,
  STORE: store,
  COPY: copy,
  MOVE: copy,
};

export function execute(dialogue: ImapDialogue, command: Command): void {
  if (command.name === "APPEND") return;
  // TypeScript does not follow that the handler and the command were found by one name.
  const handler = handlers[command.name] as (dialogue: ImapDialogue, command: Command) => void;
  handler(dialogue, command);
}
