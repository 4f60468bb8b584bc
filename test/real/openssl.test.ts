/** OpenSSL's own client, under implicit TLS and after STARTTLS, on listeners of a whole server. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ConfigurationInput } from "../../src/index.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { issue } from "../runtime/tls/certificate-fixtures.ts";
import { installed, type Outcome, run } from "./programs.ts";

const modes = ["implicit", "STARTTLS"] as const;
type Mode = (typeof modes)[number];

type ListenerFields = Readonly<Record<string, unknown>>;

/** Both listeners with the same fields. */
function documentWith(fields: ListenerFields, sections: object = {}): ConfigurationInput & object {
  return {
    SystemSettings: { defaultHostname: "mail.example.com" },
    NetworkListener: [
      { name: "STARTTLS", bind: ["127.0.0.1:0"], ...fields },
      { name: "implicit", bind: ["127.0.0.1:0"], tlsImplicit: true, ...fields },
    ],
    ...sections,
  };
}

/** A handshake, EHLO and QUIT. What both sides said and what OpenSSL says of the session is in stdout. */
function handshake(server: RunningGatehouse, mode: Mode, args: readonly string[] = []): Promise<Outcome> {
  const upgrade = mode === "STARTTLS" ? ["-starttls", "smtp", "-name", "client.example.org"] : [];
  const target = ["-connect", `127.0.0.1:${server.port(mode)}`, ...upgrade];
  const input = "EHLO client.example.org\r\nQUIT\r\n";
  return run("openssl", ["s_client", ...target, "-ign_eof", "-nocommands", ...args], { input });
}

describe.skipIf(!installed("openssl"))("openssl s_client", () => {
  test.each(modes)("verifies the self-signed certificate and speaks SMTP over TLS 1.3: %s", async (mode) => {
    const server = await runGatehouse(documentWith({}));
    const trust = ["-CAfile", join(server.data, "self-signed.crt"), "-verify_return_error"];
    const outcome = await handshake(server, mode, [...trust, "-verify_hostname", "mail.example.com"]);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain("Verify return code: 0 (ok)");
    expect(outcome.stdout).toContain("New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384");
    expect(outcome.stdout).toContain("250-AUTH PLAIN LOGIN");
    expect(outcome.stdout).not.toContain("250-STARTTLS");
    expect(outcome.stdout).toContain("221 2.0.0 ");
    const { connection, cause } = await server.event("connection.closed");
    expect({ cause, version: connection.tls?.version }).toEqual({ cause: "quit", version: "TLSv1.3" });
  });

  test.each(modes)("is shown the certificate of the name that it asks for, else the default one: %s", async (mode) => {
    const [main, wildcard] = await Promise.all([
      issue({ names: ["mail.example.com"] }),
      issue({ names: ["*.example.org"], keyType: "rsa" }),
    ]);
    const folder = temporaryDirectory();
    const [certificate, privateKey] = [join(folder, "wildcard.crt"), join(folder, "wildcard.key")];
    await Promise.all([writeFile(certificate, wildcard.certificate), writeFile(privateKey, wildcard.privateKey)]);
    const sections = {
      SystemSettings: { defaultHostname: "mail.example.com", defaultCertificateId: "main" },
      Certificate: {
        main: {
          certificate: { "@type": "Text", value: main.certificate },
          privateKey: { "@type": "Text", secret: main.privateKey },
        },
        wildcard: {
          certificate: { "@type": "File", filePath: certificate },
          privateKey: { "@type": "File", filePath: privateKey },
        },
      },
    };
    const server = await runGatehouse(documentWith({}, sections));
    const subjects = new Map([
      ["mail.example.com", "mail.example.com"],
      ["smtp.example.org", "*.example.org"],
      ["a.b.example.org", "mail.example.com"],
      ["example.net", "mail.example.com"],
    ]);
    for (const [name, subject] of subjects) {
      const { stdout } = await handshake(server, mode, ["-servername", name]);
      expect([name, /^subject=.*CN ?= ?(\S+)$/m.exec(stdout)?.[1]]).toEqual([name, subject]);
    }
    const { stdout } = await handshake(server, mode, ["-noservername"]);
    expect(stdout).toMatch(/^subject=.*CN ?= ?mail\.example\.com$/m);
    const closed = await server.event("connection.closed", ({ connection }) => connection.tls?.serverName === null);
    expect(closed.cause).toBe("quit");
  });

  test.each([
    ["tls13", "-tls1_2", "-tls1_3"],
    ["tls12", "-tls1_3", "-tls1_2"],
  ])("cannot use the version in tlsDisableProtocols: %s", async (disabled, allowed, refused) => {
    const server = await runGatehouse(documentWith({ tlsDisableProtocols: [disabled] }));
    for (const mode of modes) {
      expect((await handshake(server, mode, [allowed])).stdout).toContain("221 2.0.0 ");
      const outcome = await handshake(server, mode, [refused]);
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toMatch(/alert protocol version/);
      const { connection } = await server.event(
        "connection.handshakeFailed",
        (event) => event.connection.listener === mode,
      );
      const { cause } = await server.event("connection.closed", (event) => event.connection.id === connection.id);
      expect(cause).toBe("tls-failed");
    }
  });

  test.each(modes)("gets nothing below TLS 1.2: %s", async (mode) => {
    const server = await runGatehouse(documentWith({}));
    for (const version of ["-tls1", "-tls1_1"]) {
      const outcome = await handshake(server, mode, [version, "-cipher", "ALL:@SECLEVEL=0"]);
      expect(outcome.stdout).toContain("Cipher is (NONE)");
    }
    expect(server.events.some(({ type }) => type === "connection.secured")).toBe(false);
  });

  test.each([
    ["implicit", "-tls1_2"],
    ["implicit", "-tls1_3"],
    ["STARTTLS", "-tls1_2"],
    ["STARTTLS", "-tls1_3"],
  ] as const)("resumes its session: %s, %s", async (mode, version) => {
    const server = await runGatehouse(documentWith({}));
    const session = join(temporaryDirectory(), "session.pem");
    const first = await handshake(server, mode, [version, "-sess_out", session]);
    expect(first.stdout).toMatch(/^New, TLSv1\.[23], Cipher is/m);
    const second = await handshake(server, mode, [version, "-sess_in", session]);
    expect(second.stdout).toMatch(/^Reused, TLSv1\.[23], Cipher is/m);
    expect(second.stdout).toContain("221 2.0.0 ");
  });
});
