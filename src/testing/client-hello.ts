import { Duplex } from "node:stream";
import { connect } from "node:tls";

/** The first flight of a TLS client, for tests that send only a part of it. */
export function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk);
        done();
      },
    });
    connect({ socket: wire, servername: "localhost" }).on("error", () => {});
  });
}
