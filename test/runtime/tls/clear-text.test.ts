import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { expect, test } from "vitest";
import { discardClearText } from "../../../src/runtime/tls/clear-text.ts";
import { tlsContexts } from "../../../src/runtime/tls/context.ts";
import { startHandshake } from "../../../src/runtime/tls/handshake.ts";
import { loaded } from "./certificate-fixtures.ts";

const certificate = await loaded("main", { names: ["localhost"] });
const options = tlsContexts({
  certificates: [certificate],
  defaultId: null,
  listener: { tlsDisableProtocols: [], tlsDisableCipherSuites: [], tlsIgnoreClientOrder: true },
});

/**
 * A line server with STARTTLS that reads as the runtime does: chunks from `data` until an upgrade is asked for, the
 * rest of that chunk left to the reader that forgets it, what came later left in the socket.
 */
async function lineServer(): Promise<{ server: Server; commands: string[]; dropped: number[]; port: number }> {
  const commands: string[] = [];
  const dropped: number[] = [];
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (raw) => {
    let unread = "";
    const take = (chunk: Buffer) => {
      unread += chunk.toString("latin1");
      for (let end = unread.indexOf("\r\n"); end >= 0; end = unread.indexOf("\r\n")) {
        const command = unread.slice(0, end);
        unread = unread.slice(end + 2);
        commands.push(command);
        if (command === "STARTTLS") {
          unread = "";
          raw.pause();
          // The session's answer comes later: meanwhile the peer goes on sending.
          server.emit("upgrading", raw, upgrade);
          return;
        }
      }
    };
    const upgrade = () => {
      dropped.push(discardClearText(raw));
      raw.write("220 Go ahead\r\n");
      startHandshake(raw, options, {
        secured: (socket) => {
          socket.on("data", (chunk: Buffer) => {
            take(chunk);
            socket.write("250 Ok\r\n");
          });
        },
        failed: (failure) => server.emit("failed", failure),
      });
    };
    raw.on("data", take).resume();
    raw.write("220 Hello\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, commands, dropped, port: (server.address() as AddressInfo).port };
}

test.each([
  ["whole lines in the same segment", "STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n", ""],
  ["an unterminated fragment in the same segment", "STARTTLS\r\nMAIL FR", ""],
  ["whole lines in a later segment", "STARTTLS\r\n", "MAIL FROM:<evil@example.com>\r\nRCPT TO:<x@example.com>\r\n"],
  ["an unterminated fragment in a later segment", "STARTTLS\r\n", "NOOP evil"],
])("clear text before the handshake is neither executed nor taken for TLS: %s", async (_name, first, later) => {
  const { server, commands, dropped, port } = await lineServer();
  const raw = connect(port, "127.0.0.1");
  await once(raw, "data");
  const upgrading = once(server, "upgrading");
  raw.write(first);
  const [accepted, upgrade] = (await upgrading) as [Socket, () => void];
  if (later) {
    raw.write(later);
    while (accepted.readableLength < later.length) {
      accepted.read(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const goAhead = once(raw, "data");
  upgrade();
  expect(String((await goAhead)[0])).toBe("220 Go ahead\r\n");
  expect(dropped).toEqual([later.length]);

  const client = tlsConnect({ socket: raw, ca: certificate.certificate, servername: "localhost" });
  await once(client, "secureConnect");
  client.write("EHLO client\r\n");
  expect(String((await once(client, "data"))[0])).toBe("250 Ok\r\n");
  expect(commands).toEqual(["STARTTLS", "EHLO client"]);
  client.destroy();
  accepted.destroy();
  server.close();
  await once(server, "close");
});
