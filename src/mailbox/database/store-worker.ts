/**
 * One of the store's threads, which writes or reads: SQLite, fsync(2) and the search in messages block here and not in
 * the event loop. An error of a call is its answer; an error outside of one ends the thread, and the store starts another.
 */
import { type MessagePort, parentPort } from "node:worker_threads";
import { toFailure } from "../store/failure.ts";
import { withOutlines } from "../store/small-outlines.ts";
import type { CallName, Calls, Following, Passed, Request } from "../store/store-calls.ts";
import { StoreError } from "../store/store-error.ts";
import { Caller, Callers } from "./callers.ts";
import { type Batch, CommitQueue } from "./commit-queue.ts";
import { MailDatabase } from "./mail-database.ts";

let database: MailDatabase | null = null;
const callers = new Callers();
/** Of the threads that were let in, besides the one that has started this one. */
const ports = new Set<MessagePort>();
const commits = new CommitQueue<Caller>(commitAll);

if (parentPort) {
  const starter = new Caller(parentPort, { followsAll: true });
  callers.add(starter);
  parentPort.on("message", (message: Request | Following | Passed) => take(starter, message));
}

function take(caller: Caller, message: Request | Following | Passed): void {
  if ("passed" in message) {
    if (message.passed) callers.report(message.passed, new Set([caller]));
    else callers.reportLost(caller);
    return;
  }
  if (!("number" in message)) {
    caller.follow(message);
    return;
  }
  const { number } = message;
  if (message.name === "commit") {
    void withOutlines(message.request).then((writes) => commits.add({ caller, number, writes }));
    return;
  }
  try {
    const reply = answer(message);
    if (reply instanceof Promise) {
      reply.then(
        (later) => caller.send({ number, reply: later }),
        (error: unknown) => caller.send({ number, failure: toFailure(error) }),
      );
    } else caller.send({ number, reply });
  } catch (error) {
    caller.send({ number, failure: toFailure(error) });
  }
  if (message.name === "close") for (const port of [parentPort, ...ports]) port?.close();
}

function letIn(port: MessagePort): null {
  const caller = new Caller(port, { followsAll: false });
  callers.add(caller);
  ports.add(port);
  port.on("message", (message: Request | Following) => take(caller, message));
  // The thread has ended, or needs the store no longer.
  port.on("close", () => {
    callers.remove(caller);
    ports.delete(port);
  });
  return null;
}

/** Whoever was not the cause of a change hears of it before those whose calls it answers. */
function commitAll(batches: readonly Batch<Caller>[]): void {
  try {
    const { reply, changes } = opened().commit(batches.flatMap(({ writes }) => writes));
    callers.report(changes, new Set(batches.map(({ caller }) => caller)));
    let [from, { commits: transactions }] = [0, reply];
    for (const { caller, number, writes } of batches) {
      const results = reply.results.slice(from, from + writes.length);
      caller.send({ number, reply: { commits: transactions, results }, changes: caller.of(changes) });
      from += writes.length;
      // Counted once.
      transactions = 0;
    }
  } catch (error) {
    for (const { caller, number } of batches) caller.send({ number, failure: toFailure(error) });
  }
}

type Reply = Calls[CallName]["reply"];

/** A promise for what reads messages as it goes: other calls are answered meanwhile. */
function answer(call: Exclude<Request, { name: "commit" }>): Reply | Promise<Reply> {
  switch (call.name) {
    case "open":
      database = new MailDatabase(call.request);
      return { lacksOutlines: database.lacksOutlines };
    case "page":
      return opened().page(call.request);
    case "content":
      return opened().content(call.request);
    case "analyse":
      return opened().messages.analyse(call.request);
    case "resolve":
      return opened().reads.resolve(call.request);
    case "list":
      return opened().reads.list(call.request);
    case "status":
      return opened().reads.status(call.request);
    case "summaries":
      return opened().reads.summaries(call.request);
    case "message":
      return opened().messages.message(call.request);
    case "outlinesDue":
      return opened().messages.outlinesDue();
    case "headers":
      return opened().messages.headers(call.request);
    case "contents":
      return opened().messages.contents(call.request);
    case "structures":
      return opened().messages.structures(call.request);
    case "matching":
      return opened().messages.matching(call.request);
    case "quota":
      return opened().reads.quota(call.request);
    case "scripts":
      return opened().reads.scripts(call.request);
    case "script":
      return opened().reads.script(call.request);
    case "patience":
      opened().wait(call.request);
      return null;
    case "join":
      return letIn(call.request);
    case "close":
      commits.flush();
      database?.close();
      return null;
  }
}

function opened(): MailDatabase {
  if (database) return database;
  throw new StoreError("store-failed", "The mail database is not open.");
}
