/**
 * A real engine for several nodes of a walk. Its clock stands still: nothing lapses there but what the walk says has
 * lapsed. Each node has a line to it, which the walk cuts, mends, or ends with its node.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { Engine, EngineListener, EngineScript, OpenEngine, ScriptCall } from "../../src/runtime/fleet/engine.ts";
import type { SettleRequest } from "../../src/runtime/fleet/settle-script.ts";
import { type RedisServer, redisClient } from "../runtime/fleet/redis-server.ts";

/** Longer than any walk takes, in milliseconds. */
const longest = 86_400_000;

/** The connections of all walks, one after the other. */
export class WalkedServer {
  readonly client: ReturnType<typeof redisClient>;
  readonly notes: ReturnType<typeof redisClient>;
  #run = "";

  private constructor({ url }: RedisServer) {
    this.client = redisClient({ url });
    this.notes = redisClient({ url });
  }

  static async open(redis: RedisServer): Promise<WalkedServer> {
    const server = new WalkedServer(redis);
    await Promise.all([server.client.connect(), server.notes.connect()]);
    server.#run = /run_id:(\w+)/.exec(await server.client.info("server"))?.[1] ?? "";
    return server;
  }

  /** A fleet that has been there for long: nothing of it can have been forgotten. */
  async settled(prefix: string): Promise<void> {
    await this.client.hSet(`{${prefix}}:fleet`, "#fleet", JSON.stringify({ run: this.#run, open: 0, lacking: {} }));
  }

  close(): void {
    this.client.destroy();
    this.notes.destroy();
  }
}

export class WalkedEngine {
  readonly prefix: string;
  readonly #server: WalkedServer;
  readonly #lines = new Set<EngineLine>();
  readonly #client: WalkedServer["client"];
  readonly #underWay = new Set<Promise<unknown>>();
  /** Grows with all that happens. */
  #happened = 0;
  #heard = Promise.withResolvers<void>();

  private constructor(prefix: string, server: WalkedServer) {
    this.prefix = prefix;
    this.#server = server;
    this.#client = server.client;
  }

  static async open(server: WalkedServer, prefix: string): Promise<WalkedEngine> {
    const engine = new WalkedEngine(prefix, server);
    await Promise.all([
      server.settled(prefix),
      server.notes.subscribe(engine.#channel, (message) => {
        engine.#happened += 1;
        for (const line of engine.#lines) line.hear(message);
      }),
      server.notes.subscribe(engine.#marks, () => engine.#heard.resolve()),
    ]);
    return engine;
  }

  line(): EngineLine {
    const line = new EngineLine(this);
    this.#lines.add(line);
    return line;
  }

  get text(): Promise<string> {
    return this.ask("GET", this.prefix).then(String);
  }

  /** Sends one command. */
  ask(...command: string[]): Promise<unknown> {
    return this.#client.sendCommand(command);
  }

  /** Nobody has had the turn to propose a document for long. */
  async lapseTurn(): Promise<void> {
    await this.ask("DEL", `{${this.prefix}}:turn`);
  }

  /** The key of what all nodes share. */
  get shared(): string {
    return `{${this.prefix}}:shared`;
  }

  /** As one that has begun anew without its memory, when the time is over in which it gives nothing away. */
  async forget(): Promise<void> {
    await this.ask("DEL", this.shared, `${this.shared}:gone`, `{${this.prefix}}:fleet`, `{${this.prefix}}:leases`);
    await this.#server.settled(this.prefix);
  }

  /** The lease of a node has ended. */
  async lapse(node: string): Promise<void> {
    const members = (await this.#client.hKeys(`{${this.prefix}}:leases`)).filter((one) => one.startsWith(`${node}/`));
    for (const key of ["leases", "fleet"])
      for (const member of members) await this.#client.hDel(`{${this.prefix}}:${key}`, member);
  }

  run(script: EngineScript, call: ScriptCall): Promise<unknown> {
    this.#happened += 1;
    const answer = this.#evaluate(script, standingStill(call));
    this.#underWay.add(answer);
    const over = (): void => {
      this.#happened += 1;
      this.#underWay.delete(answer);
    };
    answer.then(over, over);
    return answer;
  }

  /** Resolves when every question is answered, every note is heard, and nothing has come of it. */
  async quiet(): Promise<void> {
    for (let before = -1; before !== this.#happened || this.#underWay.size > 0; ) {
      before = this.#happened;
      await Promise.allSettled(this.#underWay);
      this.#heard = Promise.withResolvers();
      await this.ask("PUBLISH", this.#marks, "");
      await this.#heard.promise;
      await turn();
    }
  }

  async close(): Promise<void> {
    await this.#server.notes.unsubscribe([this.#channel, this.#marks]);
  }

  get #channel(): string {
    return `{${this.prefix}}:notes`;
  }

  get #marks(): string {
    return `${this.prefix}:marks`;
  }

  async #evaluate({ text, digest }: EngineScript, { keys, args }: ScriptCall): Promise<unknown> {
    const call = { keys: [...keys], arguments: [...args] };
    try {
      return await this.#client.evalSha(digest, call);
    } catch (error) {
      if (!String(error).includes("NOSCRIPT")) throw error;
      return this.#client.eval(text, call);
    }
  }
}

/** One node's way to the engine. */
export class EngineLine implements Engine {
  readonly #engine: WalkedEngine;
  #listener: EngineListener | null = null;
  #state: "open" | "cut" | "ended" = "open";
  #misses = false;
  #losesDecision: "never" | "answer" | "all that follows" = "never";

  constructor(engine: WalkedEngine) {
    this.#engine = engine;
  }

  readonly open: OpenEngine = async ({ listener }) => {
    this.#listener = listener;
    return this;
  };

  hear(message: string): void {
    if (this.#state !== "open") return;
    if (this.#misses && message.includes('"changed"')) this.#misses = false;
    else this.#listener?.heard(message);
  }

  /** The next change that is told to all does not come here. */
  missNext(): void {
    this.#misses = true;
  }

  async reach(): Promise<void> {
    await this.#assertOpen();
  }

  async run(script: EngineScript, call: ScriptCall): Promise<unknown> {
    await this.#assertOpen();
    const answer = await this.#engine.run(script, call);
    if (this.#losesDecision !== "never" && script.text.includes("'generation'")) {
      if (this.#losesDecision === "all that follows") this.cut();
      this.#losesDecision = "never";
      throw lost();
    }
    await this.#assertOpen();
    return answer;
  }

  close(): void {}

  /** What becomes of the answer to the decision about a document, which the engine has taken then. */
  loseDecision(what: "answer" | "all that follows"): void {
    this.#losesDecision = what;
  }

  cut(): void {
    this.#state = "cut";
    this.#listener?.lost(lost());
  }

  mend(): void {
    this.#state = "open";
    this.#listener?.heard(null);
  }

  /** Its process has ended: nothing comes from it, and nobody waits there. */
  end(): void {
    this.#state = "ended";
  }

  #assertOpen(): Promise<void> {
    if (this.#state === "cut") return Promise.reject(lost());
    return this.#state === "ended" ? new Promise(() => {}) : Promise.resolve();
  }
}

function lost(): Error {
  return new Error("The connection to the engine is lost.");
}

/** As it would be asked where its clock stands still. */
function standingStill({ keys, args }: ScriptCall): ScriptCall {
  if (keys.length === 1 && keys[0]?.endsWith(":turn") && args.length === 2)
    return { keys, args: [args[0] ?? "", String(longest)] };
  if (!args[1]?.includes('"leaseTime"')) return { keys, args };
  const request: SettleRequest = { ...(JSON.parse(args[1]) as SettleRequest), leaseTime: longest };
  return { keys, args: [args[0] ?? "", JSON.stringify(request)] };
}
