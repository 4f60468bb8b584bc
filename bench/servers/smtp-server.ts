/** A peer: smtp-server, without TLS and logins, discarding messages. */

import type { Server } from "node:net";
import type { Readable } from "node:stream";
import { answer } from "./answers.ts";
import { listen } from "./listen.ts";
import { requirePeer } from "./npm-peers.ts";

interface SmtpServerModule {
  readonly SMTPServer: new (options: object) => { readonly server: Server };
}

const { SMTPServer } = requirePeer<SmtpServerModule>("smtp-server");
const { server } = new SMTPServer({
  name: "localhost",
  hideSTARTTLS: true,
  authOptional: true,
  disabledCommands: ["AUTH", "STARTTLS"],
  disableReverseLookup: true,
  onData: (stream: Readable, _session: unknown, done: () => void) => {
    stream.on("end", done);
    stream.resume();
  },
});
answer(await listen(server));
