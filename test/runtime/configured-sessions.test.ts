/** What a document says of the sessions of a listener, over real sockets. */
import { describe, expect, test } from "vitest";
import { runGatehouse } from "../running-gatehouse.ts";
import { type RawClient, rawClient } from "./raw-client.ts";

const listener = (name: string, fields: object = {}) => ({ name, bind: ["127.0.0.1:0"], ...fields });
const account = { "ann@example.com": { secret: { "@type": "Text" as const, secret: "correct horse" } } };
const plain = Buffer.from("\0ann@example.com\0correct horse").toString("base64");

async function says(client: RawClient, line: string, reply: RegExp): Promise<string> {
  client.socket.write(`${line}\r\n`);
  return client.until(reply);
}

describe("one protocol on two listeners", () => {
  test("greets, announces and limits as each of them says", async () => {
    const own = { banner: "ready at last", limits: { messageSize: 1_000, recipients: 1, errors: 2 } };
    const house = await runGatehouse({ NetworkListener: [listener("usual"), listener("own", own)] });
    const usual = await rawClient(house.port("usual"));
    expect(await usual.until(/\n/)).toMatch(/^220 \S+ ESMTP Gatehouse\r\n/);
    expect(await says(usual, "EHLO x", /250 /)).toContain("SIZE 52428800");
    const limited = await rawClient(house.port("own"));
    expect(await limited.until(/\n/)).toMatch(/^220 \S+ ready at last\r\n/);
    expect(await says(limited, "EHLO x", /250 /)).toContain("SIZE 1000\r\n");
    expect(await says(limited, "MAIL FROM:<> SIZE=1001", /552 /)).toContain("552 5.3.4");
    await says(limited, "WRONG", /\n5/);
    await says(limited, "WRONG", /421 /);
    expect(await house.event("connection.closed")).toMatchObject({ cause: "too-many-errors" });
  });

  test.each([
    ["smtp", "EHLO x", /250 /, `AUTH PLAIN ${plain}`, /235 /],
    ["imap", "a CAPABILITY", /a OK/, `b AUTHENTICATE PLAIN ${plain}`, /b OK/],
    ["pop3", "CAPA", /\n\.\r\n/, "USER ann@example.com\r\nPASS correct horse", /\+OK [^\n]*\n\+OK /],
    ["manageSieve", "CAPABILITY", /OK/, `AUTHENTICATE "PLAIN" "${plain}"`, /OK[^\n]*\n$/],
  ])(
    "%s takes log-ins in clear where it may, and nowhere else",
    async (...[protocol, hello, ready, logIn, accepted]) => {
      const house = await runGatehouse({
        Account: account,
        NetworkListener: [listener("guarded", { protocol }), listener("open", { protocol, authWithoutTls: true })],
      });
      const talk = async (name: string) => {
        const client = await rawClient(house.port(name));
        await client.until(/\n/);
        await says(client, hello, ready);
        client.socket.write(`${logIn}\r\n`);
        return client;
      };
      await (await talk("open")).until(accepted);
      await house.event("session.authenticated");
      const refused = await talk("guarded");
      await refused.until(/\n(?:5\d\d|b NO|-ERR|NO)/);
      expect(house.events.filter(({ type }) => type === "session.authenticated")).toHaveLength(1);
    },
  );
});

test("a reload reaches sessions that begin after it, and failed log-ins count on over all of them", async () => {
  const document = (fields: object) => ({ Account: account, NetworkListener: [listener("smtp", fields)] });
  const house = await runGatehouse(document({ authWithoutTls: true }));
  const before = await rawClient(house.port("smtp"));
  await before.until(/\n/);
  const { plan } = await house.gatehouse.reload(document({ banner: "new", limits: { messageSize: 2_000 } }));
  expect(plan.listeners).toMatchObject([
    { kind: "retuned", fields: [{ field: "banner" }, { field: "authWithoutTls" }, { field: "limits" }] },
  ]);
  const known = await says(before, "EHLO x", /250 /);
  expect(known).toContain("SIZE 52428800");
  expect(known).toContain("AUTH PLAIN");
  const after = await rawClient(house.port("smtp"));
  expect(await after.until(/\n/)).toContain(" new\r\n");
  const announced = await says(after, "EHLO x", /250 /);
  expect(announced).toContain("SIZE 2000");
  expect(announced).not.toContain("AUTH");
});
