/** The lines that the README and `npm start` give to a newcomer. */
import { describe, expect, test } from "vitest";
import { welcome } from "../../src/command/welcome.ts";
import { exampleDocument, parseDocument } from "../../src/config/index.ts";
import { installed, run } from "../real/programs.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { codeBlocks, readPage } from "./pages.ts";

const { listeners } = parseDocument(exampleDocument);
const lines = codeBlocks(readPage("README.md"), "sh")
  .flatMap((block) => block.split("\n"))
  .filter((line) => line.includes("curl "));

test("npm start says the same lines as the README", () => {
  const listening = listeners.map(({ name, protocol, bind, tlsImplicit, maxConnections }) => ({
    ...{ name, protocol, tlsImplicit, maxConnections, state: "listening" as const, pausedBy: [], connections: 0 },
    addresses: bind.map(({ host, port }) => ({ address: host, port, family: 4 as const })),
  }));
  const said = welcome({ listeners: () => listening }, { file: null, data: "gatehouse-data" });
  const offered = said
    .split("\n")
    .flatMap((line) => (line.startsWith("  ") && line.includes("curl ") ? [line.trim()] : []));
  expect(offered.length).toBe(2);
  for (const line of offered) expect(lines).toContain(line);
});

describe.skipIf(!installed("curl"))("the README's lines", () => {
  test("send a message by SMTP, read it by IMAP, and show the metrics", async () => {
    const free = listeners.map(({ name, protocol, tlsImplicit }) => ({
      name,
      protocol,
      tlsImplicit,
      bind: ["127.0.0.1:0"],
    }));
    const server = await runGatehouse({ ...exampleDocument, NetworkListener: free });
    const here = (line: string) =>
      listeners
        .reduce((text, { name, bind }) => text.replaceAll(bind[0]?.text ?? "", `127.0.0.1:${server.port(name)}`), line)
        .replaceAll("gatehouse-data", server.data);
    const outcomes = [];
    for (const line of lines) outcomes.push(await run("sh", ["-c", here(line)]));

    expect(outcomes.map(({ code, stderr }) => ({ code, stderr }))).toEqual(lines.map(() => ({ code: 0, stderr: "" })));
    const [sent, read, metrics] = outcomes;
    expect(sent?.stdout).toBe("");
    expect(read?.stdout).toMatch(/\r\nSubject: Hello\r\n\r\nIt works\.\r\n$/);
    expect(metrics?.stdout).toContain("gatehouse_");
  });
});
