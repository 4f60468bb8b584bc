import { spawnSync } from "node:child_process";
import { LISTENER_FD, type ProxyProgram, startProxy } from "./proxy-program.ts";

export const NGINX = "/usr/sbin/nginx";

/** Where nginx was built without `stream`, it is a module to load. */
function streamModule(): string {
  const { stderr } = spawnSync(NGINX, ["-V"], { encoding: "utf8" });
  const modules = /--modules-path=(\S+)/.exec(stderr)?.[1];
  return stderr.includes("--with-stream=dynamic") ? `load_module ${modules}/ngx_stream_module.so;` : "";
}

/** nginx with `proxy_protocol on` in front of a port of the loopback interface, or of the file of a Unix socket. */
export function nginx(to: number | string, address = "127.0.0.1"): Promise<ProxyProgram> {
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
    proxy_pass ${typeof to === "number" ? `127.0.0.1:${to}` : `unix:${to}`};
    proxy_protocol on;
  }
}
`,
  });
}
