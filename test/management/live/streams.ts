/** A client of the event source, over a socket of its own. */
import { onTestFinished } from "vitest";
import { administrator, basic, type Managed } from "../managed.ts";

export interface ServerSentEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: unknown;
}

export type Tree = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

export interface OpenStream {
  readonly status: number;
  /** The next event of this kind; events of other kinds before it are passed over. Null at the stream's end. */
  next(event: string): Promise<ServerSentEvent | null>;
  /** The next frame of the live feed, which is of this kind. */
  frame(kind: "whole" | "patch"): Promise<Tree>;
  close(): void;
}

export async function openStream(
  house: Managed,
  query: string,
  headers: Readonly<Record<string, string>> = { Authorization: basic(administrator) },
): Promise<OpenStream> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const response = await house.fetch(`/jmap/eventsource/?${query}`, { headers, signal: abort.signal });
  const events = eventsOf(response);
  const next = async (event: string): Promise<ServerSentEvent | null> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) return null;
      if (value.event === event) return value;
    }
  };
  return {
    status: response.status,
    next,
    frame: async (kind) => {
      const { [kind]: frame } = ((await next("live"))?.data ?? {}) as Partial<Record<typeof kind, Tree>>;
      if (!frame) throw new Error(`The next frame is no ${kind}.`);
      return frame;
    },
    close: () => abort.abort(),
  };
}

async function* eventsOf(response: Response): AsyncGenerator<ServerSentEvent> {
  let text = "";
  for await (const chunk of (response.body ?? new Blob().stream()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/, 2) as [string, string]));
      const event = fields.get("event");
      if (event !== undefined)
        yield { event, id: fields.get("id") ?? null, data: JSON.parse(fields.get("data") ?? "") };
    }
  }
}
