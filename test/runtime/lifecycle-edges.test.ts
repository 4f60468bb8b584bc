/** Every way that a peer can misbehave on a real socket, and what is left of the connection afterwards: nothing. */
import { once } from "node:events";
import { connect } from "node:net";
import { finished } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Backend, EndCause, LifecycleEvent } from "../../src/index.ts";
import { clientHello } from "../../src/testing/client-hello.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside, openSockets } from "./ends.ts";
import { gone, type RawClient, rawClient, tlsClient } from "./raw-client.ts";

const document = {
  SystemSettings: { defaultHostname: "localhost" },
  NetworkListener: [
    { name: "smtp", bind: ["127.0.0.1:0"] },
    { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true },
    { name: "http", protocol: "http", bind: ["127.0.0.1:0"] },
    { name: "https", protocol: "http", bind: ["127.0.0.1:0"], tlsImplicit: true },
  ],
};

let bodies: { kept: number; broken: number };
const backend: Backend = {
  recipient: async () => undefined,
  message: async ({ body }) => {
    try {
      await finished(body.resume());
      bodies.kept++;
    } catch (error) {
      bodies.broken++;
      throw error;
    }
    return undefined;
  },
};

let house: RunningGatehouse;
let socketsBefore: number;

beforeEach(async () => {
  bodies = { kept: 0, broken: 0 };
  house = await runGatehouse(document, { backend });
  socketsBefore = openSockets();
});

afterEach(async () => {
  await expectNobodyInside(house);
  expect(openSockets()).toBe(socketsBefore);
});

/** Waits for the end of the only connection there was; then the client's own socket goes too. */
async function expectEnd(cause: EndCause, client?: RawClient): Promise<LifecycleEvent> {
  const end = await house.event("connection.closed");
  if (client) await gone(client);
  expect(causes(house.events)).toEqual([cause]);
  return end;
}

function handshakeFailures(): string[] {
  return house.events.flatMap((event) => (event.type === "connection.handshakeFailed" ? [event.reason] : []));
}

async function secured(client: RawClient): Promise<RawClient> {
  client.socket.removeAllListeners("data");
  return tlsClient({ socket: client.socket });
}

describe("a peer that connects and resets", () => {
  test.each(["smtp", "submissions", "http", "https"])("on %s ends as peer-reset", async (listener) => {
    const client = await rawClient(house.port(listener));
    await house.event("connection.accepted");
    client.socket.resetAndDestroy();
    await expectEnd("peer-reset");
    if (listener === "submissions" || listener === "https") expect(handshakeFailures()).toEqual(["peer-reset"]);
  });

  test("before it could be accepted ends too", async () => {
    const socket = connect(house.port("smtp"), "127.0.0.1");
    socket.on("connect", () => socket.resetAndDestroy());
    await once(socket, "close");
    const { cause } = await house.event("connection.closed");
    expect(["peer-reset", "socket-error", "peer-ended"]).toContain(cause);
  });

  test("in the middle of a TLS dialogue ends as peer-reset", async () => {
    const raw = connect(house.port("submissions"), "127.0.0.1");
    const client = await tlsClient({ socket: raw });
    await client.until("220 ");
    raw.resetAndDestroy();
    await expectEnd("peer-reset");
  });
});

describe("a peer that closes", () => {
  test("before the server has replied still gets the replies to what it sent", async () => {
    const client = await rawClient(house.port("smtp"));
    client.socket.end("EHLO client\r\nNOOP\r\n");
    await client.until("250 2.0.0 Ok");
    expect(await client.end).toBe("fin");
    await expectEnd("peer-ended", client);
  });

  test("without QUIT ends as peer-ended, with QUIT as quit", async () => {
    const client = await rawClient(house.port("smtp"));
    await client.until("220 ");
    client.socket.end("QUIT\r\n");
    await client.until("221 ");
    await expectEnd("quit", client);
  });

  test("under TLS, by close_notify, ends as peer-ended", async () => {
    const client = await tlsClient({ port: house.port("submissions") });
    await client.until("220 ");
    client.socket.end();
    await expectEnd("peer-ended", client);
  });

  test("without a word under implicit TLS ends as peer-ended", async () => {
    const client = await rawClient(house.port("submissions"));
    client.socket.end();
    await expectEnd("peer-ended", client);
    expect(handshakeFailures()).toEqual(["peer-closed"]);
  });

  test("after half a ClientHello ends as peer-ended", async () => {
    const hello = await clientHello();
    const client = await rawClient(house.port("submissions"));
    client.socket.end(hello.subarray(0, hello.length / 2));
    await expectEnd("peer-ended", client);
    expect(handshakeFailures()).toEqual(["peer-closed"]);
  });
});

describe("clear text and TLS on the wrong ports", () => {
  test.each(["submissions", "https"])("clear text to %s fails the handshake", async (listener) => {
    const client = await rawClient(house.port(listener));
    client.socket.write("EHLO client\r\n");
    await expectEnd("tls-failed", client);
    expect(handshakeFailures()).toEqual(["not-tls"]);
  });

  test("TLS to SMTP in clear gets an answer in clear and the end", async () => {
    const client = await rawClient(house.port("smtp"));
    client.socket.write(await clientHello());
    expect(await client.until("500 ")).toContain("STARTTLS");
    client.socket.end();
    await expectEnd("protocol-error", client);
  });

  test("TLS to HTTP in clear ends as protocol-error", async () => {
    const client = await rawClient(house.port("http"));
    client.socket.write(await clientHello());
    client.socket.end();
    await expectEnd("protocol-error", client);
  });
});

describe("a reset in DATA", () => {
  async function inData(): Promise<RawClient> {
    const client = await rawClient(house.port("smtp"));
    client.socket.write("EHLO client\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
    await client.until("354 ");
    client.socket.write("Subject: never\r\n\r\nnever\r\n");
    return client;
  }

  test("ends as peer-reset, and the message is never delivered", async () => {
    const client = await inData();
    client.socket.resetAndDestroy();
    await expectEnd("peer-reset");
    expect(house.events.some(({ type }) => type === "session.messageAccepted")).toBe(false);
    expect(bodies.kept).toBe(0);
  });

  test("and a FIN in DATA: the message is never delivered either", async () => {
    const client = await inData();
    client.socket.end();
    await expectEnd("peer-ended", client);
    expect(bodies.kept).toBe(0);
  });
});

describe("STARTTLS with clear text behind it", () => {
  test.each([
    ["whole lines", "STARTTLS\r\nMAIL FROM:<injected@example.com>\r\n"],
    ["an unterminated fragment", "STARTTLS\r\nMAIL FROM:<injected@example.com>"],
    ["a fragment of one octet", "STARTTLS\r\nM"],
  ])("%s: nothing of it is executed after the handshake", async (_, commands) => {
    const clear = await rawClient(house.port("smtp"));
    clear.socket.write("EHLO client\r\n");
    await clear.until("250 ");
    clear.socket.write(commands);
    await clear.until("220 2.0.0 ");
    const client = await secured(clear);
    client.socket.write("EHLO client\r\n");
    await client.until("250 ");
    client.socket.write("RCPT TO:<b@example.com>\r\nQUIT\r\n");
    const said = await client.until("221 ");
    expect(said).toContain("503 ");
    expect(said).not.toContain("250 2.1.0");
    client.socket.end();
    await expectEnd("quit", client);
  });

  test("clear text after the go-ahead fails the handshake", async () => {
    const client = await rawClient(house.port("smtp"));
    client.socket.write("EHLO client\r\nSTARTTLS\r\n");
    await client.until("220 2.0.0 ");
    client.socket.write("MAIL FROM:<injected@example.com>\r\n");
    await expectEnd("tls-failed", client);
  });

  test("a reset after the go-ahead ends as peer-reset", async () => {
    const client = await rawClient(house.port("smtp"));
    client.socket.write("EHLO client\r\nSTARTTLS\r\n");
    await client.until("220 2.0.0 ");
    await house.event("connection.upgrading");
    client.socket.resetAndDestroy();
    await expectEnd("peer-reset");
    expect(handshakeFailures()).toEqual(["peer-reset"]);
  });
});

test("the octets of the end event are those on the wire, TLS records and all", async () => {
  const raw = connect(house.port("submissions"), "127.0.0.1");
  await once(raw, "connect");
  const client = await tlsClient({ socket: raw });
  await client.until("220 ");
  client.socket.write("EHLO client\r\nQUIT\r\n");
  await client.until("221 ");
  client.socket.end();
  const { bytesRead, bytesWritten } = await house.event("connection.closed");
  await gone(client);
  expect(bytesRead).toBe(raw.bytesWritten);
  expect(bytesWritten).toBe(raw.bytesRead);
});
