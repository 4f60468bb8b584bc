/** A peer: nginx's mail module, which answers up to the log-in, and would be a proxy from there on. */
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isInstalled } from "../machine.ts";
import { type ProgramServer, startProgram } from "../program-server.ts";
import { freePort } from "./free-port.ts";

const moduleName = "ngx_mail_module.so";

export function nginxMissing(): string | null {
  if (!isInstalled("nginx")) return "not installed";
  return mailModule() === null ? "has no mail module" : null;
}

/** In this empty directory; one process, no log. */
export async function startNginx(directory: string): Promise<ProgramServer> {
  const port = await freePort();
  const module = mailModule();
  const file = join(directory, "nginx.conf");
  writeFileSync(
    file,
    `${module ? `load_module ${module};` : ""}
daemon off; master_process off; pid ${directory}/nginx.pid; error_log ${directory}/error.log crit;
events { worker_connections 4096; }
mail {
  server_name localhost; auth_http 127.0.0.1:9/;
  server { listen 127.0.0.1:${port} backlog=1024; protocol smtp; smtp_auth none; }
}
`,
  );
  return startProgram({ file: "nginx", args: ["-p", directory, "-c", file] }, { port });
}

/** The path of the module; empty when it is built in, null when there is none. `NGINX_MODULES` names another folder. */
function mailModule(): string | null {
  const built = spawnSync("nginx", ["-V"], { encoding: "utf8" }).stderr;
  if (/--with-mail(\s|$)/.test(built)) return "";
  const folder = process.env["NGINX_MODULES"] ?? /--modules-path=(\S+)/.exec(built)?.[1] ?? "";
  const path = join(folder, moduleName);
  return existsSync(path) ? path : null;
}
