/** Clients that show certificates though none is asked for. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectClear, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { tlsContexts } from "../../../src/runtime/tls/context.ts";
import { issue, loaded } from "./certificate-fixtures.ts";
import { isMissing, opensslClient } from "./programs.ts";
import { listenWithTls } from "./tls-listener.ts";

const options = tlsContexts({
  certificates: [await loaded("main", { names: ["localhost"] })],
  defaultId: null,
  listener: { tlsDisableProtocols: [], tlsDisableCipherSuites: [], tlsIgnoreClientOrder: true },
});
const own = await issue({ names: ["client.example"] });

test.each(["TLSv1.2", "TLSv1.3"] as const)(
  "none is asked for in %s, so one that is there is not sent",
  async (version) => {
    await using listener = await listenWithTls(options);
    const client = connect({
      port: listener.port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      cert: own.certificate,
      key: own.privateKey,
      minVersion: version,
      maxVersion: version,
    });
    await once(client, "secureConnect");
    const outcome = await listener.outcome();
    if (!("secured" in outcome)) throw new Error(`The handshake failed: ${outcome.failed.detail}`);
    expect(outcome.secured.getPeerCertificate()).toEqual({});
    expect(outcome.secured.authorized).toBe(false);
    client.destroy();
  },
);

test.skipIf(isMissing("openssl", "version")).each(["-tls1_2", "-tls1_3"])(
  "OpenSSL's client, with a certificate at hand, is not asked for it (%s)",
  async (version) => {
    const directory = await mkdtemp(join(tmpdir(), "gatehouse-client-certificate-"));
    const file = join(directory, "client.pem");
    await writeFile(file, own.privateKey + own.certificate);
    await using listener = await listenWithTls(options);
    const { status, output } = await opensslClient(listener.port, version, "-cert", file, "-key", file);
    await rm(directory, { recursive: true });
    expect(status).toBe(0);
    expect(output).toContain("No client certificate CA names sent");
  },
);

test("one that is sent all the same ends the handshake, and nothing else", async () => {
  await using listener = await listenWithTls(options);
  const raw = connectClear({ port: listener.port, host: "127.0.0.1" });
  const client = connect({
    socket: withCertificate(raw),
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.2",
  });
  const [error] = await once(client, "error");
  expect(error).toMatchObject({ code: expect.stringMatching(/UNEXPECTED_MESSAGE/) });
  const outcome = await listener.outcome();
  expect(outcome).toMatchObject({ failed: { detail: "ERR_SSL_UNEXPECTED_MESSAGE" } });
  raw.destroy();
  const next = connect({ port: listener.port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(next, "secureConnect");
  next.destroy();
});

/** Puts a Certificate message (RFC 5246 7.4.6) before the second flight of a client. */
function withCertificate(raw: Socket): Duplex {
  const certificate = Buffer.from("160303000b0b0000070000040000010a", "hex");
  let flights = 0;
  return new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      flights += 1;
      raw.write(flights === 2 ? Buffer.concat([certificate, chunk]) : chunk, () => done());
    },
    construct(done) {
      raw.on("data", (chunk) => void this.push(chunk));
      raw.on("end", () => void this.push(null));
      done();
    },
  });
}
