import { spawnSync } from "node:child_process";
import { connect as tlsConnect } from "node:tls";
import { describe, expect, test } from "vitest";
import { installed } from "../../real/programs.ts";
import { loaded } from "../tls/certificate-fixtures.ts";
import { client, say } from "./conversation.ts";
import { proxiedServer, shout, shoutUnderTls } from "./proxied-server.ts";
import { LISTENER_FD, type ProxyProgram, startProxy } from "./proxy-program.ts";

const NGINX = "/usr/sbin/nginx";

/** Where nginx was built without `stream`, it is a module to load. */
function streamModule(): string {
  const { stderr } = spawnSync(NGINX, ["-V"], { encoding: "utf8" });
  const modules = /--modules-path=(\S+)/.exec(stderr)?.[1];
  return stderr.includes("--with-stream=dynamic") ? `load_module ${modules}/ngx_stream_module.so;` : "";
}

/** nginx with `proxy_protocol on` in front of a port of the loopback interface. */
function nginx(port: number, address = "127.0.0.1"): Promise<ProxyProgram> {
  return startProxy({
    program: NGINX,
    address,
    args: (file) => ["-e", "stderr", "-c", file],
    // How nginx hands its listeners to its successor.
    env: { NGINX: `${LISTENER_FD};` },
    configuration: (place) => `
${streamModule()}
daemon off;
worker_processes 1;
pid ${place.directory}/nginx.pid;
error_log stderr;
events {}
stream {
  server {
    listen ${address.includes(":") ? `[${address}]` : address}:${place.port};
    proxy_pass 127.0.0.1:${port};
    proxy_protocol on;
  }
}
`,
  });
}

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
