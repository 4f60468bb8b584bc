/** The relay's page, as far as it is a WebSocket. */
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

export interface Message {
  readonly type: string;
  readonly name?: string;
  readonly sessionId?: string;
  readonly rootId?: string;
  readonly parentId?: string;
  readonly definition?: string;
  readonly event?: { readonly type: string };
  readonly snapshot?: { readonly status: string; readonly value?: unknown; readonly context?: unknown };
  readonly count?: number;
}

/** As it comes: a chart's definition is told once, and named by its number. */
interface Received extends Omit<Message, "definition"> {
  readonly definition?: string | number;
  readonly number?: number;
  readonly text?: string;
}

export interface OpenPage {
  readonly socket: WebSocket;
  readonly messages: readonly Message[];
  /** All that has come. */
  text(): string;
  /** Waits for a message that this holds for; one that has come already counts. */
  until(holds: (message: Message) => boolean): Promise<Message>;
}

/** @param url the relay's. @param headers in place of those that a browser would send. */
export async function openPage(url: string, headers: Readonly<Record<string, string>> = {}): Promise<OpenPage> {
  const { host } = new URL(url);
  const socket = new WebSocket(`${url.replace("http:", "ws:")}events`, {
    headers: { Origin: `http://${host}`, ...headers },
  });
  onTestFinished(() => socket.terminate());
  const messages: Message[] = [];
  const definitions = new Map<number | undefined, string | undefined>();
  let text = "";
  socket.on("message", (data) => {
    text += String(data);
    for (const message of JSON.parse(String(data)) as Received[]) {
      if (message.type === "gatehouse.definition") definitions.set(message.number, message.text);
      else if (typeof message.definition !== "number") messages.push(message as Message);
      else messages.push({ ...message, definition: definitions.get(message.definition) } as Message);
    }
    socket.emit("kept");
  });
  await once(socket, "open");
  return {
    socket,
    messages,
    text: () => text,
    until: async (holds) => {
      for (;;) {
        const found = messages.find(holds);
        if (found) return found;
        await once(socket, "kept");
      }
    },
  };
}
