/** A Gatehouse whose POP3 real clients talk to, with mail for Ann, over STLS and implicit TLS. */
import { join } from "node:path";
import { type Pop3Options, pop3 } from "../../src/protocols/pop3/index.ts";
import { MemoryMailboxes } from "../protocols/memory-mailbox.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";

export const ann = { address: "ann@example.com", password: "wonderland & more" } as const;

export const pop3TlsModes = ["STLS", "implicit"] as const;
export type Pop3TlsMode = (typeof pop3TlsModes)[number];

export interface Pop3Server extends RunningGatehouse {
  readonly mailboxes: MemoryMailboxes;
  portFor(mode: Pop3TlsMode): number;
  /** The certificate in PEM, for clients to trust; valid for `localhost` and `127.0.0.1`. */
  readonly certificateFile: string;
  /** What is left in Ann's maildrop. */
  left(): Promise<Buffer[]>;
}

export async function startPop3Server(
  messages: readonly Buffer[],
  options: Partial<Pop3Options> = {},
): Promise<Pop3Server> {
  const mailboxes = new MemoryMailboxes();
  for (const message of messages) mailboxes.deliver(ann.address, message);
  const backend: Pop3Options["backend"] = {
    authenticate: async ({ username, password }) =>
      username === ann.address && password === ann.password ? { username, roles: [] } : null,
  };
  const running = await runGatehouse(
    {
      SystemSettings: { defaultHostname: "localhost" },
      NetworkListener: [
        { name: "pop3", protocol: "pop3", bind: ["127.0.0.1:0"] },
        { name: "pop3s", protocol: "pop3", bind: ["127.0.0.1:0"], tlsImplicit: true },
      ],
    },
    { protocols: [pop3({ backend, mailboxes, ...options })] },
  );
  return {
    ...running,
    mailboxes,
    certificateFile: join(running.data, "self-signed.crt"),
    portFor: (mode) => running.port(mode === "implicit" ? "pop3s" : "pop3"),
    async left() {
      const account = await mailboxes.open({ username: ann.address });
      const maildrop = await account.lockMaildrop();
      const contents = await Promise.all(
        maildrop.messages.map(async ({ uid }) => {
          const content = await maildrop.content(uid);
          return Buffer.from(await content.read(0, content.size));
        }),
      );
      account.close();
      return contents;
    },
  };
}
