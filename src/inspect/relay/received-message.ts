/** A message of another program's inspector: what is kept of it, in the format of Stately's inspector. */

/** Characters of one message; of a longer one, contexts and the fields of its event are left out. */
const longestMessage = 262_144;
/** Characters of a name, a session id or the type of an event. */
const longestName = 500;

export interface ReceivedMessage {
  readonly type: "@xstate.actor" | "@xstate.event" | "@xstate.snapshot";
  readonly sessionId: string;
  /** The actor has ended: nothing follows. */
  readonly isEnd: boolean;
  /** As a page gets it. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const types: ReadonlySet<unknown> = new Set(["@xstate.actor", "@xstate.event", "@xstate.snapshot"]);

/** @returns null for anything that is not of the format */
export function readMessage(text: string): ReceivedMessage | null {
  const message = parsed(text);
  if (message === null || !types.has(message["type"])) return null;
  const sessionId = nameIn(message["sessionId"]);
  if (sessionId === undefined) return null;
  const type = message["type"] as ReceivedMessage["type"];
  const isLong = text.length > longestMessage;
  const snapshot = isLong ? withoutContext(message["snapshot"]) : message["snapshot"];
  const fields = {
    type,
    sessionId,
    rootId: nameIn(message["rootId"]),
    createdAt: nameIn(message["createdAt"]),
    ...(isLong ? { cut: text.length } : {}),
    ...(type === "@xstate.actor"
      ? { name: nameIn(message["name"]), parentId: nameIn(message["parentId"]), definition: definitionIn(message) }
      : { event: isLong ? onlyType(message["event"]) : message["event"], sourceId: nameIn(message["sourceId"]) }),
    ...(type === "@xstate.event" ? {} : { snapshot }),
  };
  return { type, sessionId, fields, isEnd: type === "@xstate.snapshot" && hasEnded(snapshot) };
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function definitionIn({ definition }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof definition === "string" && definition.length <= longestMessage ? definition : undefined;
}

function withoutContext(snapshot: unknown): unknown {
  if (!isObject(snapshot)) return snapshot;
  const { status, value } = snapshot;
  return JSON.stringify(value ?? null).length > longestMessage ? { status } : { status, value };
}

function onlyType(event: unknown): unknown {
  return isObject(event) ? { type: nameIn(event["type"]) ?? "" } : undefined;
}

function hasEnded(snapshot: unknown): boolean {
  return isObject(snapshot) && ["done", "error", "stopped"].includes(String(snapshot["status"]));
}

function nameIn(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, longestName) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
