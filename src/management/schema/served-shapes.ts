/** Fields that are in no document: what the server adds to its objects, and the objects that are but looked at. */
import { z } from "zod";
import { fieldDisplay } from "../../config/index.ts";
import { count, date, flag, optionalText, set, text } from "./shown-fields.ts";

const texts = z.record(z.string(), z.literal(true));

export const readFromCertificate = {
  subjectAlternativeNames: texts
    .describe("The names that the certificate is for.")
    .register(fieldDisplay, { label: "Names", section: "Read from the certificate", column: 1, update: "serverSet" }),
  issuer: z
    .string()
    .nullable()
    .describe("Who signed it. Null: it could not be read.")
    .register(fieldDisplay, { label: "Issuer", section: "Read from the certificate", column: 2, update: "serverSet" }),
  notValidBefore: z.iso
    .datetime()
    .nullable()
    .describe("Since when it is valid. Null: it could not be read.")
    .register(fieldDisplay, {
      label: "Valid from",
      section: "Read from the certificate",
      column: 3,
      update: "serverSet",
    }),
  notValidAfter: z.iso
    .datetime()
    .nullable()
    .describe("Until when it is valid. Null: it could not be read.")
    .register(fieldDisplay, {
      label: "Valid until",
      section: "Read from the certificate",
      column: 4,
      update: "serverSet",
    }),
};

/** Of a certificate that is ordered. */
export const stateOfCertificate = {
  state: z
    .string()
    .nullable()
    .describe("The state of its machine. Null: it is given, not ordered.")
    .register(fieldDisplay, { label: "State", section: "ACME", column: 5, update: "serverSet" }),
  renewsAt: z.iso
    .datetime()
    .nullable()
    .describe("When another one is ordered. Null: that is not known yet.")
    .register(fieldDisplay, { label: "Renewed at", section: "ACME", column: 6, update: "serverSet" }),
  lastError: z
    .string()
    .nullable()
    .describe("Why the last attempt failed. Null: it did not.")
    .register(fieldDisplay, { label: "Last error", section: "ACME", update: "serverSet" }),
};

/** The key of an account in the document. */
export const accountAddressField = {
  address: z.string().describe("The mail address that is logged in with.").register(fieldDisplay, {
    label: "Address",
    placeholder: "anna@example.com",
    column: 1,
    filter: true,
    format: "emailAddress",
    update: "immutable",
  }),
};

export const listenerStatusSchema = z.object({
  name: text("Name", "Of the listener.", { column: 1, filter: true }),
  protocol: text("Protocol", "What is spoken.", { column: 2, filter: true }),
  state: text("State", "The state of its machine.", { column: 3, filter: true }),
  pausedBy: set("Paused by", "Why it accepts nobody at the moment; empty while it does.", { column: 4 }),
  tlsImplicit: flag("Implicit TLS", "Whether TLS starts with the first byte."),
  addresses: set("Addresses", "As they are bound.", { column: 5, format: "socketAddress" }),
  connections: count("Connections", "Open now.", { column: 6 }),
  maxConnections: count("Connections at most", "The cap of this listener.", {}),
  accepted: count("Accepted", "Connections admitted since the start.", { column: 7 }),
  refused: count("Refused", "Connections that were turned away since the start.", { column: 8 }),
  closed: count("Closed", "Connections that have ended since the start.", {}),
  bytesRead: count("Read", "Octets from clients since the start.", { format: "size" }),
  bytesWritten: count("Written", "Octets to clients since the start.", { format: "size" }),
});

export const connectionSchema = z.object({
  listener: text("Listener", "Which accepted it.", { column: 1, filter: true }),
  protocol: text("Protocol", "What its listener speaks; empty once that has gone.", { filter: true }),
  generation: count("Document", "The number of the document that it was accepted under.", { filter: true }),
  state: text("State", "The state of the connection's machine.", { column: 4, filter: true }),
  session: optionalText("Session", "The state of the protocol's session. Null: there is none.", { column: 5 }),
  user: optionalText("User", "Who is logged in. Null: nobody.", { column: 3, filter: true }),
  age: count("Age", "Time since it was accepted, in milliseconds.", { column: 6, format: "duration" }),
  peer: text("Peer", "The client's address.", { column: 2, filter: true, format: "socketAddress" }),
  local: text("Local", "The address that it came to.", { format: "socketAddress" }),
  proxy: optionalText("Proxy", "The trusted proxy in between. Null: there is none.", { format: "socketAddress" }),
  process: optionalText("Process", "Which one connected to the Unix socket. Null: it came by TCP.", {}),
  tlsVersion: optionalText("TLS", "The version of TLS. Null: it is in clear.", { column: 7 }),
  tlsCipherSuite: optionalText("Cipher suite", "By its IANA name. Null: it is in clear.", {}),
  serverName: optionalText("Server name", "What the client asked for by SNI. Null: nothing.", {}),
  clientCertificate: optionalText("Client certificate", "The subject of the client's. Null: none that is trusted.", {}),
  bytesRead: count("Read", "Octets from the client.", { column: 8, format: "size" }),
  bytesWritten: count("Written", "Octets to the client.", { column: 9, format: "size" }),
});

export const serverNodeSchema = z.object({
  hostname: text("Host name", "What the server greets with.", { column: 1 }),
  state: text("State", "The state of the server's machine.", { column: 2 }),
  generation: count("Document", "The number of the document in force; the first is 1.", { column: 3 }),
  documentDigest: optionalText(
    "Document digest",
    "Of the document in force: equal digests mean equal documents. Null: it is not kept in the engine of a fleet.",
    {},
  ),
  pid: count("Process", "The id of its process.", { column: 4 }),
  node: optionalText("Node", "Its name within the fleet. Null: it is in none.", { column: 8 }),
  version: text("Version", "Of Gatehouse.", { column: 5 }),
  nodeVersion: text("Node.js", "The version of Node.", {}),
  document: optionalText(
    "Document file",
    "The file of its document, or redis: and a key. Null: it is built in, kept by an embedder, or of another node of the fleet.",
    {},
  ),
  startedAt: date("Started", "When the process began.", { column: 6 }),
  connections: count("Connections", "Open now.", { column: 7 }),
  maxConnections: count("Connections at most", "The cap of the server.", {}),
  exhausted: set("Short of", "What the process is short of at the moment, so that clients are refused or wait.", {}),
  states: z
    .record(z.string(), z.record(z.string(), z.int().min(0)))
    .describe(
      "How many actors are in each state: by chart, then by the path of the state. Only states that some are in. Empty for another node of the fleet.",
    )
    .register(fieldDisplay, { label: "States", objectName: "x:StateCounts", update: "serverSet" }),
});
