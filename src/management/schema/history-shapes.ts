/** Fields of what has been: reloads, and ends of connections. */
import { z } from "zod";
import { fieldDisplay } from "../../config/index.ts";
import { count, date, flag, optionalCount, optionalText, set, text } from "./shown-fields.ts";

export const reloadSchema = z.object({
  at: date("When", "When it was done, or rejected.", { column: 1 }),
  by: text("By", "Who or what asked for it: an account, a token, SIGHUP, a change of the file, the start.", {
    column: 2,
    filter: true,
  }),
  outcome: text("Outcome", "What became of it: started, carried-out or rejected.", { column: 3, filter: true }),
  generation: count("Document", "The number of the document in force afterwards.", { column: 4 }),
  planText: optionalText("Plan", "What it changed, or would have. Null: it was compared with nothing.", { column: 5 }),
  error: optionalText("Error", "Why it was rejected. Null: it was not.", {}),
  code: optionalText("Code", "The code of that error.", {}),
  certificatesChanged: flag("Certificates changed", "Whether other certificates or keys are served since."),
  plan: z
    .object({})
    .nullable()
    .describe("The plan of the reload, up to 100 entries of each list. Null: it was compared with nothing.")
    .register(fieldDisplay, { label: "Plan's steps", objectName: "x:ReloadPlan", update: "serverSet" }),
  warnings: set("Warnings", "What there is to know of certificates that were not served before."),
  difference: z
    .record(z.string(), z.record(z.string(), z.string()))
    .nullable()
    .describe("The objects that differ from the document before, by name. Null: one of the two is not kept.")
    .register(fieldDisplay, { label: "Difference", objectName: "x:ObjectDifference", update: "serverSet" }),
  differenceOmitted: count("Left out", "How many more objects differ."),
  isInForce: flag("In force", "Whether its document is the one in force."),
  isKept: flag("Kept", "Whether its document is kept, so that RestoreDocument can put it into force again."),
});

export const endCountSchema = z.object({
  kind: text("Kind", "Ended, or refused.", { column: 1, filter: true }),
  listener: text("Listener", "Of the clients.", { column: 2, filter: true }),
  reason: text("Reason", "The cause of the end, or the rule that refused.", { column: 3, filter: true }),
  meaning: optionalText("Meaning", "What the cause of the end means, in words. Null: a rule refused.", {}),
  isFailure: flag("Failure", "Whether somebody should look into it. Regular ends are none."),
  count: count("Last hour", "How many in the last 60 minutes.", { column: 4 }),
  perMinute: z
    .record(z.string(), z.int().min(0))
    .describe("How many in each minute, by its beginning. Only minutes that have any.")
    .register(fieldDisplay, { label: "By the minute", update: "serverSet" }),
});

export const connectionEndSchema = z.object({
  at: date("When", "When it ended or was refused.", { column: 1 }),
  kind: text("Kind", "Ended, or refused.", { column: 2, filter: true }),
  listener: text("Listener", "Which the client came to.", { column: 3, filter: true }),
  reason: text("Reason", "The cause of the end, or the rule that refused.", { column: 4, filter: true }),
  detail: optionalText("Detail", "Why the handshake or the PROXY header failed. Null: neither did.", { column: 7 }),
  peer: text("Peer", "The client's address.", { column: 5, filter: true, format: "socketAddress" }),
  connection: optionalText("Connection", "The id of the connection, as in the log. Null: it was refused.", {}),
  proxy: optionalText("Proxy", "The trusted proxy in between. Null: there is none.", { format: "socketAddress" }),
  process: optionalText("Process", "Which one connected to the Unix socket. Null: it came by TCP.", {}),
  generation: optionalCount("Document", "The number of the document that it was accepted under.", {}),
  duration: optionalCount("After", "How long it lasted, in milliseconds.", { column: 6, format: "duration" }),
  tlsVersion: optionalText("TLS", "The version of TLS. Null: it was in clear.", {}),
  tlsCipherSuite: optionalText("Cipher suite", "By its IANA name. Null: it was in clear.", {}),
  serverName: optionalText("Server name", "What the client asked for by SNI. Null: nothing.", {}),
  bytesRead: optionalCount("Read", "Octets from the client.", { format: "size" }),
  bytesWritten: optionalCount("Written", "Octets to the client.", { format: "size" }),
  resource: optionalText("Resource", "What the process was short of. Null: nothing.", {}),
  limit: optionalCount("Limit", "The limit that was reached.", {}),
  current: optionalCount("Current", "How much of it was taken.", {}),
});
