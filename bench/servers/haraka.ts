/** A peer: Haraka in one process, with one plugin, which takes every recipient and discards every message. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answer } from "./answers.ts";
import { freePort } from "./free-port.ts";
import { awaitGreeting } from "./greeting.ts";
import { requirePeer } from "./npm-peers.ts";

const directory = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
const port = await freePort();
const files: Readonly<Record<string, string>> = {
  "config/smtp.ini": `listen=127.0.0.1:${port}\nnodes=0\n`,
  "config/log.ini": "[main]\nlevel=crit\nformat=default\n",
  "config/connection.ini":
    "[message]\nhelo=hello\nclose=bye\n[headers]\n[max]\nbytes=60000000\n[haproxy]\nenabled=false\n[queue]\n[uuid]\n",
  "config/me": "localhost\n",
  "config/plugins": "discard\n",
  "plugins/discard.js":
    "exports.hook_lookup_rdns = (next) => next(OK, 'localhost');\nexports.hook_rcpt = (next) => next(OK);\nexports.hook_queue = (next) => next(OK, 'discarded');\n",
};
for (const [name, text] of Object.entries(files)) {
  mkdirSync(join(directory, name, ".."), { recursive: true });
  writeFileSync(join(directory, name), text);
}
process.env["HARAKA"] = directory;
requirePeer("Haraka/haraka.js");
await awaitGreeting(port);
answer(port);
