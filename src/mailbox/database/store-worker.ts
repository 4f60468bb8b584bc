/**
 * One of the store's threads, which writes or reads: SQLite, fsync(2) and the search in messages block here and not in
 * the event loop. An error of a call is its answer; an error outside of one ends the thread, and the store starts another.
 */
import { parentPort } from "node:worker_threads";
import { toFailure } from "../store/failure.ts";
import type { CallName, Calls, ChangeSet, Request, Response } from "../store/store-calls.ts";
import { StoreError } from "../store/store-error.ts";
import { MailDatabase } from "./mail-database.ts";

let database: MailDatabase | null = null;

parentPort?.on("message", (request: Request) => {
  const { number } = request;
  try {
    const answered = answer(request);
    if (answered instanceof Promise) {
      answered.then(
        (reply) => send({ number, reply }),
        (error: unknown) => send({ number, failure: toFailure(error) }),
      );
    } else send({ number, ...answered });
  } catch (error) {
    send({ number, failure: toFailure(error) });
  }
  if (request.name === "close") parentPort?.close();
});

/** Memory of messages is handed over instead of copied. */
function send(response: Response): void {
  const octets =
    "reply" in response && response.reply !== null && typeof response.reply === "object" && "octets" in response.reply
      ? response.reply.octets.buffer
      : null;
  parentPort?.postMessage(response, octets instanceof ArrayBuffer ? [octets] : []);
}

interface Answer {
  readonly reply: Calls[CallName]["reply"];
  readonly changes?: readonly ChangeSet[];
}

/** A promise for what reads messages as it goes: other calls are answered meanwhile. */
function answer(call: Request): Answer | Promise<Calls[CallName]["reply"]> {
  switch (call.name) {
    case "open":
      database = new MailDatabase(call.request);
      return { reply: { lacksOutlines: database.lacksOutlines } };
    case "commit":
      return opened().commit(call.request);
    case "page":
      return { reply: opened().page(call.request) };
    case "content":
      return { reply: opened().content(call.request) };
    case "analyse":
      return opened().messages.analyse(call.request);
    case "resolve":
      return { reply: opened().reads.resolve(call.request) };
    case "list":
      return { reply: opened().reads.list(call.request) };
    case "status":
      return { reply: opened().reads.status(call.request) };
    case "summaries":
      return { reply: opened().reads.summaries(call.request) };
    case "message":
      return { reply: opened().messages.message(call.request) };
    case "outlinesDue":
      return opened().messages.outlinesDue();
    case "headers":
      return opened().messages.headers(call.request);
    case "contents":
      return { reply: opened().messages.contents(call.request) };
    case "structures":
      return opened().messages.structures(call.request);
    case "matching":
      return opened().messages.matching(call.request);
    case "quota":
      return { reply: opened().reads.quota(call.request) };
    case "scripts":
      return { reply: opened().reads.scripts(call.request) };
    case "script":
      return { reply: opened().reads.script(call.request) };
    case "patience":
      opened().wait(call.request);
      return { reply: null };
    case "close":
      database?.close();
      return { reply: null };
  }
}

function opened(): MailDatabase {
  if (database) return database;
  throw new StoreError("store-failed", "The mail database is not open.");
}
