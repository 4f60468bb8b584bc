/** An SMTP client by hand, for what no real client does: stop in the middle, go on later. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

export interface SmtpDialogue {
  readonly socket: Socket;
  send(text: string): void;
  /** The last line of the next reply; null when the server has closed instead. Rejects after a reset. */
  reply(): Promise<string | null>;
  /** Sends a command and waits for the reply's last line. */
  ask(command: string): Promise<string | null>;
}

/** Connects and waits for the greeting. Rejects when the connection is refused. */
export async function openDialogue(port: number): Promise<SmtpDialogue & { readonly greeting: string | null }> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, "connect");
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  socket.on("error", () => {});
  const reply = async (): Promise<string | null> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) return null;
      if (/^\d{3}(?: |$)/.test(value)) return value;
    }
  };
  const send = (text: string): void => {
    socket.write(text);
  };
  const ask = (command: string): Promise<string | null> => {
    send(`${command}\r\n`);
    return reply();
  };
  return { socket, send, reply, ask, greeting: await reply() };
}

/** Up to the server's go-ahead for the content. */
export async function startData(dialogue: SmtpDialogue, recipient: string): Promise<void> {
  await dialogue.ask("EHLO client.example.org");
  await dialogue.ask("MAIL FROM:<someone@example.net>");
  await dialogue.ask(`RCPT TO:<${recipient}>`);
  await dialogue.ask("DATA");
}
