import { connect as tlsConnect } from "node:tls";
import { describe, expect, test } from "vitest";
import { installed } from "../../real/programs.ts";
import { loaded } from "../tls/certificate-fixtures.ts";
import { client, say } from "./conversation.ts";
import { NGINX, nginx } from "./nginx.ts";
import { proxiedServer, shout, shoutUnderTls } from "./proxied-server.ts";

describe.skipIf(!installed(NGINX))("behind nginx with proxy_protocol on", () => {
  test.each(["127.0.0.1", "::1"])("a client of %s is named, and its first words arrive", async (address) => {
    await using gatehouse = await proxiedServer(shout);
    await using proxy = await nginx(gatehouse.port, address);
    const { socket, local } = await client(address, proxy.port);
    expect(await say(socket, "ehlo client\r\n", proxy)).toBe("EHLO CLIENT\r\n");
    expect(await gatehouse.header()).toMatchObject({
      version: 1,
      command: "PROXY",
      source: local,
      destination: { address, port: proxy.port },
    });
    socket.destroy();
  });

  test("the header comes before the TLS handshake", async () => {
    const certificate = await loaded("main", { names: ["mail.example"] });
    await using gatehouse = await proxiedServer(shoutUnderTls(certificate));
    await using proxy = await nginx(gatehouse.port);
    const trust = { ca: certificate.certificate, servername: "mail.example" };
    const socket = tlsConnect({ host: "127.0.0.1", port: proxy.port, ...trust });
    expect(await say(socket, "ehlo\r\n", proxy)).toBe("EHLO\r\n");
    expect((await gatehouse.header()).source).toEqual({ address: "127.0.0.1", port: socket.localPort });
    socket.destroy();
  });
});
