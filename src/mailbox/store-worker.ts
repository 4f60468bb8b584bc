/**
 * The store's thread: SQLite and fsync(2) block here and not in the event loop. An error of a call is its answer; an
 * error outside of one ends the thread, and the store starts another.
 */
import { parentPort } from "node:worker_threads";
import { MailDatabase } from "./mail-database.ts";
import type { CallName, Calls, Request, Response } from "./store-calls.ts";
import { StoreError, toStoreFailure } from "./store-error.ts";

let database: MailDatabase | null = null;

parentPort?.on("message", (request: Request) => {
  let response: Response;
  try {
    response = { number: request.number, reply: answer(request) };
  } catch (error) {
    response = { number: request.number, failure: toStoreFailure(error) };
  }
  parentPort?.postMessage(response);
  if (request.name === "close") parentPort?.close();
});

function answer(call: Request): Calls[CallName]["reply"] {
  switch (call.name) {
    case "open":
      database = new MailDatabase(call.request);
      return null;
    case "commit":
      return opened().commit(call.request);
    case "page":
      return opened().page(call.request);
    case "content":
      return opened().content(call.request);
    case "close":
      database?.close();
      return null;
  }
}

function opened(): MailDatabase {
  if (database) return database;
  throw new StoreError("store-failed", "The mail database is not open.");
}
