/**
 * One document for all nodes. Whoever gets another one proposes it: every node stages it, beside what runs, and votes. If
 * all can, it is kept in the engine, which decides at one moment for all, and each puts it in the place of the old. If one
 * cannot, nothing has changed anywhere, and the proposer hears its name and words.
 */
import { randomUUID } from "node:crypto";
import type { Configuration, ReadDocument } from "../../config/index.ts";
import { messageOf } from "../../config/values/thrown.ts";
import { ReloadError, type ReloadReport, type ReloadTransaction } from "../reload/reload.ts";
import type { Clock } from "../time/clock.ts";
import { pause, within } from "../time/waits.ts";
import type { EngineScript, ScriptCall } from "./engine.ts";
import type { EngineDocument } from "./engine-document.ts";
import { engineScript, readScript, sayScript } from "./engine-scripts.ts";
import { nodeOf } from "./node-facts.ts";

/** On the fleet's channel. */
export type DocumentNote =
  /** Stage what lies in the engine, and vote. */
  | { readonly note: "stage"; readonly id: string; readonly by: string }
  /**
   * @property words why it cannot; null: it can
   * @property later it takes it by its digest, when it can: nobody waits for that
   */
  | {
      readonly note: "vote";
      readonly id: string;
      readonly by: string;
      readonly words: string | null;
      readonly later: boolean;
    }
  | { readonly note: "decided"; readonly id: string; readonly commit: boolean; readonly words: string | null }
  /** @property words what became of it; null: it is in force */
  | { readonly note: "swapped"; readonly id: string; readonly by: string; readonly words: string | null };

/** Milliseconds. */
const times = {
  /** How long a proposer waits until nobody else is proposing. */
  turn: 30_000,
  /** How long the others may take to stage it, and then to put it into force. */
  votes: 30_000,
  swap: 10_000,
  /** For how long a proposal is held up by a proposer of whom nothing is heard. */
  silence: 5_000,
  answer: 5_000,
  look: 250,
};

/** Answers with the id of whose turn it is. */
const turnScript = engineScript(`
redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
local whose = redis.call('GET', KEYS[1])
if whose == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return whose
`);
const endScript = engineScript("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0");
const proposeScript = engineScript(`
redis.call('SET', KEYS[1], ARGV[2], 'PX', 120000)
return redis.call('PUBLISH', ARGV[1], ARGV[3])
`);
/** Members whose lease holds; nothing from an engine that has begun anew, and does not know all of them yet. */
const aliveScript = engineScript(`
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local fleet = redis.call('HGET', KEYS[2], '#fleet')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
fleet = fleet and cjson.decode(fleet)
if not fleet or fleet.run ~= run or fleet.open > now then return false end
local all, alive = redis.call('HGETALL', KEYS[1]), {}
for at = 1, #all, 2 do if tonumber(all[at + 1]) > now then alive[#alive + 1] = all[at] end end
return alive
`);
const commitScript = engineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'turn' end
if redis.sha1hex(redis.call('GET', KEYS[2]) or '') ~= ARGV[2] then return 'changed' end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[3], 'id', ARGV[1], 'digest', redis.sha1hex(ARGV[3]))
redis.call('HINCRBY', KEYS[3], 'generation', 1)
redis.call('PUBLISH', ARGV[4], ARGV[5])
return ''
`);
const lookScript = engineScript("return { redis.call('HGET', KEYS[1], 'id') or '', redis.call('GET', KEYS[2]) or '' }");

export interface FleetDocumentsOptions {
  readonly clock: Clock;
  /** What this node runs is kept there. */
  readonly document: EngineDocument;
  readonly member: string;
  /** Begins the keys, with its braces. */
  readonly prefix: string;
  readonly channel: string;
  readonly read: ReadDocument;
  run(script: EngineScript, call: ScriptCall, signal: AbortSignal): Promise<unknown>;
  /** A document that is in force elsewhere cannot be read here. */
  rejected(error: unknown): void;
  /** In force here. */
  inForce(): Configuration;
  /** Puts a document into force here, by the reload's chart. */
  reload(configuration: Configuration, by: string): Promise<ReloadReport>;
}

type Role =
  | { readonly kind: "proposes"; readonly id: string }
  | { readonly kind: "follows"; readonly id: string; voted: boolean };

/** Those who have not answered yet. */
class Ballot {
  readonly #missing = new Set<string>();
  readonly #over = Promise.withResolvers<void>();
  /** What those said who could not, by their names. */
  readonly against: string[] = [];
  /** Those who can, and have it prepared. */
  readonly inFavour: string[] = [];

  constructor(members: Iterable<string>) {
    for (const member of members) this.#missing.add(member);
    this.#look();
  }

  /** Resolves when all have answered, or one could not. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  answer({ by, words, later }: { readonly by: string; readonly words: string | null; readonly later: boolean }): void {
    if (!this.#missing.delete(by)) return;
    if (words !== null) this.against.push(`Node "${nodeOf(by)}": ${words}`);
    else if (!later) this.inFavour.push(by);
    this.#look();
  }

  /** Who has lost its lease is not in the fleet: it takes the document when it is back. */
  keep(alive: ReadonlySet<string>): void {
    for (const member of this.#missing) if (!alive.has(member)) this.#missing.delete(member);
    this.#look();
  }

  get missing(): readonly string[] {
    return [...this.#missing].map(nodeOf);
  }

  #look(): void {
    if (this.#missing.size === 0 || this.against.length > 0) this.#over.resolve();
  }
}

export class FleetDocuments {
  readonly #options: FleetDocumentsOptions;
  readonly #roles = new WeakMap<Configuration, Role>();
  readonly #votes = new Map<string, Ballot>();
  readonly #swaps = new Map<string, Ballot>();
  readonly #decisions = new Map<
    string,
    (decision: { readonly commit: boolean; readonly words: string | null }) => void
  >();
  /** Documents under way here. */
  #underWay = 0;
  /** Nothing came of an attempt to take the one with this digest. */
  #leftOut = "";
  /** The fleet has taken the one with this digest before this server could. */
  #missed = "";

  constructor(options: FleetDocumentsOptions) {
    this.#options = options;
  }

  /** Of the document in force, as the engine makes it; null for one that is not from there. */
  get digest(): string | null {
    const { document, inForce } = this.#options;
    const kept = document.keptOf(inForce());
    return kept ? document.digestOf(kept.text) : null;
  }

  /** Puts a document into force on all nodes, one after the other. @throws ReloadError */
  async inTurn<Result>(configuration: Configuration, work: () => Promise<Result>): Promise<Result> {
    if (this.#roles.has(configuration) || !this.#options.document.keptOf(configuration)) return work();
    const id = `${this.#options.member}/${randomUUID()}`;
    await this.#takeTurn(id);
    this.#roles.set(configuration, { kind: "proposes", id });
    this.#underWay += 1;
    const over = new AbortController();
    this.#keepTurn(id, over.signal).catch(() => {});
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
      over.abort();
      this.#run(endScript, [this.#key("turn")], [id]).catch(() => {});
    }
  }

  /** What a reload of such a document does beside what is to be done here. */
  transaction(configuration: Configuration, own: ReloadTransaction): ReloadTransaction {
    const role = this.#roles.get(configuration);
    if (!role) return own;
    return role.kind === "proposes" ? this.#proposed(configuration, { id: role.id, own }) : this.#followed(role, own);
  }

  hear(note: DocumentNote): void {
    switch (note.note) {
      case "stage":
        if (note.by !== this.#options.member) void this.#follow(note);
        break;
      case "vote":
        this.#votes.get(note.id)?.answer(note);
        break;
      case "swapped":
        this.#swaps.get(note.id)?.answer({ ...note, later: false });
        break;
      case "decided":
        this.#decisions.get(note.id)?.(note);
        break;
    }
  }

  /** From here on this server takes other documents. */
  began(): void {
    if (this.#missed !== "") void this.catchUp(this.#missed);
  }

  /** This node was away while the others took another document. @param digest of what the fleet has decided for */
  async catchUp(digest: string): Promise<void> {
    const { document, read, rejected, reload } = this.#options;
    if (this.#underWay > 0 || digest === "" || digest === this.digest || digest === this.#leftOut) return;
    this.#underWay += 1;
    this.#missed = "";
    let isRead = false;
    try {
      const text = String(await this.#run(readScript, [document.key], []));
      isRead = true;
      if (document.digestOf(text) === this.digest) {
        // Somebody has changed the text, and this node has begun with it.
        this.#leftOut = digest;
        return;
      }
      const configuration = await readOr(rejected, () => read(text));
      document.remember(configuration, { text, expected: document.digestOf(text) });
      // It is in force elsewhere: nobody is asked.
      this.#roles.set(configuration, { kind: "follows", id: "", voted: true });
      await reload(configuration, "fleet");
    } catch (error) {
      // It has been reported. What is wrong with the document is wrong until there is another one.
      if (isPassing(error)) this.#missed = digest;
      else if (isRead) this.#leftOut = digest;
    } finally {
      this.#underWay -= 1;
    }
  }

  #proposed(
    configuration: Configuration,
    { id, own }: { readonly id: string; readonly own: ReloadTransaction },
  ): ReloadTransaction {
    const { document } = this.#options;
    let decided = false;
    return {
      plan: () => own.plan(),
      stage: async (signal) => {
        await own.stage(signal);
        await this.#askAll({ id, text: document.keptOf(configuration)?.text ?? "", signal });
      },
      swap: async () => {
        await this.#commit(configuration, id);
        decided = true;
        await own.swap();
      },
      retire: async () => {
        const report = await own.retire();
        const left = await this.#untilAnswered(this.#swaps.get(id) ?? new Ballot([]), { time: times.swap });
        this.#forget(id);
        return { ...report, warnings: [...report.warnings, ...left] };
      },
      discard: async () => {
        this.#forget(id);
        const words = "Another node could not take it.";
        if (!decided) await this.#say({ note: "decided", id, commit: false, words }).catch(() => {});
        await own.discard();
      },
    };
  }

  #followed(role: Extract<Role, { kind: "follows" }>, own: ReloadTransaction): ReloadTransaction {
    if (role.id === "") return own;
    return {
      plan: () => own.plan(),
      stage: async (signal) => {
        await own.stage(signal);
        // The answer may come at once.
        const decision = this.#decision(role.id, signal);
        decision.catch(() => {});
        await this.#vote(role, { words: null, later: false });
        const { commit, words } = await decision;
        if (!commit)
          throw new ReloadError("reload-failed", `The fleet does not take this document. ${words ?? ""}`.trim());
      },
      swap: () => own.swap(),
      retire: () => own.retire(),
      discard: () => own.discard(),
    };
  }

  async #follow({ id, by }: { readonly id: string; readonly by: string }): Promise<void> {
    const { document, member, read, reload } = this.#options;
    const role: Extract<Role, { kind: "follows" }> = { kind: "follows", id, voted: false };
    this.#underWay += 1;
    let [words, later]: [string | null, boolean] = [null, false];
    try {
      const text = String(await this.#run(readScript, [this.#key("staged")], []));
      const configuration = await read(text);
      document.remember(configuration, { text, expected: document.digestOf(text) });
      this.#roles.set(configuration, role);
      await reload(configuration, `node ${nodeOf(by)}`);
    } catch (error) {
      // A node that starts or ends holds nobody up: it finds the document by its digest.
      later = isPassing(error);
      words = later ? null : messageOf(error);
    } finally {
      this.#underWay -= 1;
      this.#decisions.delete(id);
    }
    if (!role.voted) await this.#vote(role, { words, later });
    else await this.#say({ note: "swapped", id, by: member, words }).catch(() => {});
  }

  async #vote(
    role: Extract<Role, { kind: "follows" }>,
    vote: { readonly words: string | null; readonly later: boolean },
  ): Promise<void> {
    role.voted = true;
    await this.#say({ note: "vote", id: role.id, by: this.#options.member, ...vote });
  }

  /** As told; who has not heard it looks it up. */
  async #decision(
    id: string,
    signal: AbortSignal,
  ): Promise<{ readonly commit: boolean; readonly words: string | null }> {
    const { promise, resolve } = Promise.withResolvers<{ readonly commit: boolean; readonly words: string | null }>();
    this.#decisions.set(id, resolve);
    const over = new AbortController();
    // Without the engine nothing is known: this node goes on with what it has, and finds another digest later.
    const { clock } = this.#options;
    const end = clock.now() + times.votes;
    const look = async (): Promise<void> => {
      for (;;) {
        await pause(clock, times.look, AbortSignal.any([signal, over.signal]));
        const silent = ["", clock.now() < end ? id : ""] as const;
        const [decided, turn] = await this.#lookUp().catch(() => silent);
        if (decided === id) resolve({ commit: true, words: null });
        else if (turn !== id) resolve({ commit: false, words: "Nothing is heard of the node that proposed it." });
      }
    };
    const stopped = look().catch((error: unknown) => {
      if (signal.aborted) throw error;
    });
    try {
      const decision = await Promise.race([promise, stopped]);
      return decision ?? (await promise);
    } finally {
      over.abort();
    }
  }

  async #takeTurn(id: string): Promise<void> {
    const { clock } = this.#options;
    const end = clock.now() + times.turn;
    for (;;) {
      const whose = await this.#turn(id).catch((cause: unknown) => {
        const text = `No node takes this document, since the engine of the fleet does not answer. ${messageOf(cause)}`;
        throw new ReloadError("reload-failed", text, { errors: [cause] });
      });
      if (whose === id) return;
      if (clock.now() > end) {
        const text = `Node "${nodeOf(nodeOf(whose))}" has been putting another document into force for ${times.turn / 1000} seconds; nothing was changed. Try again.`;
        throw new ReloadError("reload-failed", text);
      }
      await pause(clock, times.look);
    }
  }

  /** @throws when the turn is over */
  async #keepTurn(id: string, signal: AbortSignal): Promise<never> {
    for (;;) {
      await pause(this.#options.clock, times.silence / 5, signal);
      await this.#turn(id).catch(() => {});
    }
  }

  #turn(id: string): Promise<string> {
    return this.#run(turnScript, [this.#key("turn")], [id, String(times.silence)]).then(String);
  }

  async #askAll({
    id,
    text,
    signal,
  }: {
    readonly id: string;
    readonly text: string;
    readonly signal: AbortSignal;
  }): Promise<void> {
    const { channel, member } = this.#options;
    const voters = (await this.#everybody(signal)).filter((other) => other !== member);
    const ballot = new Ballot(voters);
    this.#votes.set(id, ballot);
    const note: DocumentNote = { note: "stage", id, by: member };
    await this.#run(proposeScript, [this.#key("staged")], [channel, text, JSON.stringify(note)]);
    const reasons = await this.#untilAnswered(ballot, { time: times.votes, signal });
    if (reasons.length > 0)
      throw new ReloadError(
        "reload-failed",
        `The new document was not put into force on any node; everything is as it was.\n${reasons.join("\n")}`,
      );
    // Who has been away meanwhile knows nothing of it, and finds it by its digest.
    this.#swaps.set(id, new Ballot(ballot.inFavour));
  }

  /** @returns what those said who could not, and who has not answered */
  async #untilAnswered(
    ballot: Ballot,
    { time, signal }: { readonly time: number; readonly signal?: AbortSignal },
  ): Promise<string[]> {
    const { clock } = this.#options;
    const end = clock.now() + time;
    while (ballot.missing.length > 0 && ballot.against.length === 0 && clock.now() < end) {
      await Promise.race([ballot.over, pause(clock, times.look, signal)]);
      const alive = await this.#alive();
      if (alive) ballot.keep(new Set(alive));
    }
    const silent = ballot.against.length > 0 ? [] : ballot.missing;
    return [
      ...ballot.against,
      ...silent.map((node) => `Node "${node}" has not answered within ${time / 1000} seconds.`),
    ];
  }

  async #commit(configuration: Configuration, id: string): Promise<void> {
    const { channel, document } = this.#options;
    const kept = document.keptOf(configuration);
    if (!kept) throw new Error("The document has no text.");
    const note: DocumentNote = { note: "decided", id, commit: true, words: null };
    const keys = [this.#key("turn"), document.key, this.#key("document")];
    const args = [id, kept.expected, kept.text, channel, JSON.stringify(note)];
    const answer = await this.#run(commitScript, keys, args).catch(async (error: unknown) => {
      // The answer may be lost, and not the decision.
      const [decided] = await this.#lookUp().catch(() => [""]);
      if (decided !== id) throw error;
      return "";
    });
    if (answer === "") return;
    const why =
      answer === "changed"
        ? `${document.name} was changed by somebody else meanwhile`
        : "another node has begun to put a document into force";
    throw new ReloadError("reload-failed", `Nothing was changed on any node: ${why}. Look at it, and try again.`);
  }

  /** What was decided for last, and whose turn it is. */
  async #lookUp(): Promise<readonly [decided: string, turn: string]> {
    return (await this.#run(lookScript, [this.#key("document"), this.#key("turn")], [])) as [string, string];
  }

  async #alive(): Promise<readonly string[] | null> {
    const keys = [this.#key("leases"), this.#key("fleet")];
    return (await this.#run(aliveScript, keys, [])) as readonly string[] | null;
  }

  async #everybody(signal: AbortSignal): Promise<readonly string[]> {
    const { clock } = this.#options;
    for (const end = clock.now() + times.turn; clock.now() < end; ) {
      const alive = await this.#alive();
      if (alive) return alive;
      await pause(clock, times.look, signal);
    }
    const text =
      "Nothing was changed: the engine of the fleet has begun anew, and does not know all nodes yet. Try again.";
    throw new ReloadError("reload-failed", text);
  }

  async #say(note: DocumentNote): Promise<void> {
    await this.#run(sayScript, [], [this.#options.channel, JSON.stringify(note)]);
  }

  #forget(id: string): void {
    this.#votes.delete(id);
    this.#swaps.delete(id);
  }

  #key(name: "turn" | "staged" | "document" | "leases" | "fleet"): string {
    return `${this.#options.prefix}:${name}`;
  }

  #run(asked: EngineScript, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const { clock, run } = this.#options;
    return within(clock, times.answer, (signal) => run(asked, { keys, args }, signal));
  }
}

async function readOr<Read>(failed: (error: unknown) => void, read: () => Read | Promise<Read>): Promise<Read> {
  try {
    return await read();
  } catch (error) {
    failed(error);
    throw error;
  }
}

/** Nothing is wrong with the document: the server starts or ends, or has got another one. */
function isPassing(error: unknown): boolean {
  return error instanceof ReloadError && (error.code === "reload-stopped" || error.code === "reload-superseded");
}
