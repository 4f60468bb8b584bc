/**
 * The line of a connection that is over, as pino writes it, but put together here: it is the one line of each connection,
 * and pino's general path is most of what it costs.
 */
import type { DestinationStream, Logger } from "pino";
import type { LifecycleEvent, LifecycleEventOf, PhaseDurations } from "./lifecycle.ts";
import { addressText, closedText, roundedMilliseconds, tlsFields } from "./log-lines.ts";

type ClosedEvent = LifecycleEventOf<"connection.closed"> & Pick<LifecycleEvent, "worker">;
type WriteClosed = (event: ClosedEvent) => void;

const writers = new WeakMap<Logger, WriteClosed>();

/** Null for a logger whose lines are not prepared: only its maker knows what it renames, hides or adds. */
export function closedLinesOf(logger: Logger): WriteClosed | null {
  return writers.get(logger) ?? null;
}

/**
 * A logger whose lines of ended connections go around it to its destination, and say the same.
 * @param made makes one without serializers, redaction, mixin or formatters of its own.
 */
export function withClosedLines(
  made: (destination: DestinationStream) => Logger,
  destination: DestinationStream,
): Logger {
  const logger = made(destination);
  const around = aroundFields(made);
  if (around) {
    const { head, base, tail } = around;
    writers.set(logger, (event) => destination.write(`${head}${Date.now()}${base}${fieldsOf(event)}${tail}`));
  }
  return logger;
}

/** What stands in a line of such a logger before the time, behind it, and behind the fields. */
function aroundFields(made: (destination: DestinationStream) => Logger) {
  let line = "";
  const specimen = made({
    write: (text) => {
      line = text;
    },
  });
  specimen.level = "info";
  specimen.info({ fields: 0 }, closedText);
  const [, head, base, tail] = /^(.*"time":)\d+(.*),"fields":0(.*)$/s.exec(line) ?? [];
  return head === undefined || base === undefined || tail === undefined ? null : { head, base, tail };
}

function fieldsOf({ connection, cause, durations, bytesRead, bytesWritten, worker }: ClosedEvent): string {
  const { id, listener, generation, peer, proxy, tls } = connection;
  const { process } = proxy?.peer ?? peer;
  const about = `,"event":"connection.closed","connection":${quoted(id)},"listener":${quoted(listener)},"generation":${generation}`;
  const between = proxy ? `,"proxy":${quoted(addressText(proxy.peer))}` : "";
  const peers = `,"peer":${quoted(addressText(peer))}${between}${process ? `,"process":${JSON.stringify(process)}` : ""}`;
  const end = `,"cause":${quoted(cause)},"durations":{${durationsOf(durations)}},"bytesRead":${bytesRead},"bytesWritten":${bytesWritten}`;
  const line = about + peers + end + (tls ? textOf(tlsFields(tls)) : "");
  return worker === undefined ? line : `${line},"worker":${worker}`;
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
