/**
 * The lines of the log that come with every connection and every message, as pino writes them, but put together here:
 * pino's general path is most of what they cost.
 */
import type { DestinationStream, Logger } from "pino";
import type { ConnectionFacts } from "../../protocols/protocol.ts";
import type { LifecycleEvent, LifecycleEventOf, PhaseDurations } from "./lifecycle.ts";
import { addressText, logLines, roundedMilliseconds, tlsFields } from "./log-lines.ts";

/** Writes the line of an event, unless its lines are left to pino. @returns whether it did. */
export type WritePrepared = (event: LifecycleEvent) => boolean;

const writers = new WeakMap<Logger, WritePrepared>();

/** Null for a logger whose lines are not prepared: only its maker knows what it renames, hides or adds. */
export function preparedLinesOf(logger: Logger): WritePrepared | null {
  return writers.get(logger) ?? null;
}

/**
 * A logger whose prepared lines go around it to its destination, and say the same.
 * @param made makes one without serializers, redaction, mixin or formatters of its own.
 */
export function withPreparedLines(
  made: (destination: DestinationStream) => Logger,
  destination: DestinationStream,
): Logger {
  const logger = made(destination);
  const ends = aroundFields("connection.closed", made);
  const messages = aroundFields("session.messageAccepted", made);
  if (ends === null || messages === null) return logger;
  writers.set(logger, (event) => {
    if (event.type === "connection.closed") destination.write(lineOf(ends, fieldsOfEnd(event), event));
    else if (event.type === "session.messageAccepted")
      destination.write(lineOf(messages, fieldsOfMessage(event), event));
    else return false;
    return true;
  });
  return logger;
}

/** What stands in a line before the time, behind it, and behind the fields. */
interface Around {
  readonly head: string;
  readonly base: string;
  readonly tail: string;
}

/** As such a logger writes it. */
function aroundFields(
  event: "connection.closed" | "session.messageAccepted",
  made: (destination: DestinationStream) => Logger,
): Around | null {
  let line = "";
  const specimen = made({
    write: (text) => {
      line = text;
    },
  });
  specimen.level = "info";
  const { text } = logLines[event];
  if (typeof text === "string") specimen.info({ event, fields: 0 }, text);
  const [, head, base, tail] = /^(.*"time":)\d+(.*),"fields":0(.*)$/s.exec(line) ?? [];
  return head === undefined || base === undefined || tail === undefined ? null : { head, base, tail };
}

function lineOf({ head, base, tail }: Around, fields: string, { worker }: LifecycleEvent): string {
  return `${head}${Date.now()}${base}${fields}${worker === undefined ? "" : `,"worker":${worker}`}${tail}`;
}

function fieldsOfEnd(event: LifecycleEventOf<"connection.closed">): string {
  const { connection, cause, durations, bytesRead, bytesWritten } = event;
  const end = `,"cause":${quoted(cause)},"durations":{${durationsOf(durations)}},"bytesRead":${bytesRead},"bytesWritten":${bytesWritten}`;
  return factsOf(connection) + end + (connection.tls ? textOf(tlsFields(connection.tls)) : "");
}

function fieldsOfMessage({ connection, size, recipients }: LifecycleEventOf<"session.messageAccepted">): string {
  return `${factsOf(connection)},"size":${size},"recipients":${recipients}`;
}

function factsOf({ id, listener, generation, peer, proxy }: ConnectionFacts): string {
  const { process } = proxy?.peer ?? peer;
  const facts = `,"connection":${quoted(id)},"listener":${quoted(listener)},"generation":${generation},"peer":${quoted(addressText(peer))}`;
  const between = proxy ? `,"proxy":${quoted(addressText(proxy.peer))}` : "";
  return facts + between + (process ? `,"process":${JSON.stringify(process)}` : "");
}

function durationsOf({ proxyHeader, admission, handshake, session, closing, total }: PhaseDurations): string {
  const before =
    duration("proxyHeader", proxyHeader) + duration("admission", admission) + duration("handshake", handshake);
  return (before + duration("session", session) + duration("closing", closing) + duration("total", total)).slice(1);
}

function duration(phase: string, milliseconds: number | null): string {
  return milliseconds === null ? "" : `,"${phase}":${roundedMilliseconds(milliseconds)}`;
}

function textOf(fields: object): string {
  let text = "";
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined) text += `,"${name}":${JSON.stringify(value)}`;
  return text;
}

/** Printable ASCII but for quotation marks and backslashes. */
const plain = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}
