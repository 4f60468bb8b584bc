/** A real instance that speaks ManageSieve, what a client has asked it for, and what became of that. */
import { manageSieve } from "../../src/index.ts";
import type { Bench } from "../../src/testing/index.ts";
import { MailWorld, ModelStore, opinionsOf, short, takeOver } from "./mail-world.ts";

/** Those of an account, and which of them is active. */
export interface ScriptsOfAccount {
  readonly scripts: Readonly<Record<string, string>>;
  readonly active: string | null;
}

/** Replies to STARTTLS, and to the command behind the handshake, are looked at there. */
const status = /^(?:OK(?! "Gatehouse is ready"| "Begin TLS| \(TAG "probe")|NO)/gm;

export class ManageSieveWorld extends MailWorld {
  readonly store: ModelStore;
  /** The client's commands. */
  readonly said: string[] = [];

  constructor(bench: Bench) {
    const store = new ModelStore({ maxScripts: 2 });
    const { inspect } = bench.observation;
    const limits = { loginTimeout: short.login, commandTimeout: short.silence };
    super(
      bench,
      manageSieve({ backend: opinionsOf(store), mailboxes: store, takeOver, authWithoutTls: true, ...limits, inspect }),
    );
    this.store = store;
  }

  /** Sends a command. */
  override async say(line: string): Promise<void> {
    this.said.push(line);
    await super.say(line);
  }

  /** Sends the rest of a command. */
  async sayMore(line: string): Promise<void> {
    await super.say(line);
  }

  /** Whether each command was done or refused, as far as that was said. */
  get replies(): readonly string[] {
    return this.clients.at(-1)?.received.match(status) ?? [];
  }

  /** What Anna's account has by the replies that the client has got. */
  get acknowledged(): ScriptsOfAccount {
    const { replies, said } = this;
    return said.filter((_, place) => replies[place] === "OK").reduce(carryOut, { scripts: {}, active: null });
  }

  /** As `acknowledged`, if the command that has no reply was carried out. */
  get possible(): ScriptsOfAccount {
    return this.said.slice(this.replies.length).reduce(carryOut, this.acknowledged);
  }

  /** What Anna's account has. */
  get kept(): ScriptsOfAccount {
    const { scripts, activeScript } = this.store.memory.account("anna");
    const texts = [...scripts].map(([name, script]) => [name, Buffer.from(script).toString()]);
    return { scripts: Object.fromEntries(texts), active: activeScript };
  }
}

/** What a command does to the scripts when it is carried out. */
function carryOut(before: ScriptsOfAccount, command: string): ScriptsOfAccount {
  const [keyword, name = "", argument = ""] = command.split(/[ "]+|\{\d+\+\}\r\n/);
  const { [name]: script = "", ...others } = before.scripts;
  switch (keyword) {
    case "PUTSCRIPT":
      return { ...before, scripts: { ...before.scripts, [name]: command.slice(command.indexOf("\r\n") + 2) } };
    case "DELETESCRIPT":
      return { ...before, scripts: others };
    case "RENAMESCRIPT":
      return {
        scripts: { ...others, [argument]: script },
        active: before.active === name ? argument : before.active,
      };
    case "SETACTIVE":
      return { ...before, active: name === "" ? null : name };
    default:
      return before;
  }
}
