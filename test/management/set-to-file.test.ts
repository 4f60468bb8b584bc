/** `/set` on a server whose document is a file with comments, while others use it. */

import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { callMethods, type MethodAnswer, RefusedError } from "../../src/command/ask-jmap.ts";
import { type ManagedFile, runWithFile } from "../managed-file.ts";
import { makeReadOnly } from "../mounts.ts";

const text = `{
  // Whom we serve
  "SystemSettings": {
    "defaultHostname": "mail.example.com", // as in the MX record
    "maxConnections": 1000 // enough
  },
  /* What listens */
  "NetworkListener": [
    { "name": "smtp", "bind": ["127.0.0.1:0"], "useTls": false } // MX
  ]
}
`;

async function one(house: ManagedFile, name: string, args: object): Promise<MethodAnswer> {
  const [answer = {}] = await callMethods(house.data, [[name, { ...args }, "c"]]);
  return answer;
}

/** @returns why it was not served; null when it was */
function smtpClient(port: number): Promise<string | null> {
  const steps = [/^220 /, /^250 /m, /^250 /, /^221 /];
  const words = ["EHLO client.example\r\n", "NOOP\r\n", "QUIT\r\n", ""];
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1").setEncoding("utf8");
    let step = 0;
    let reply = "";
    socket.on("data", (chunk: string) => {
      reply += chunk;
      if (!reply.endsWith("\r\n") || (step === 1 && !/^250 /m.test(reply))) return;
      if (!steps[step]?.test(reply)) return resolve(reply);
      socket.write(words[step] ?? "");
      step += 1;
      reply = "";
    });
    socket.on("error", (error) => resolve(error.message));
    socket.on("close", () => resolve(step === 4 ? null : `closed at step ${step}`));
  });
}

test("a hundred changes while clients come and go: nobody is refused or reset, each is on disk when it is answered", async () => {
  const house = await runWithFile(text);
  const port = house.port("smtp");
  let served = 0;
  let isOver = false;
  const failures: string[] = [];
  let change = Promise.withResolvers<void>();
  const clients = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const failure = await smtpClient(port);
      if (failure === null) served += 1;
      else failures.push(failure);
      // More of them would only keep the machine busy.
      await change.promise;
    }
  });
  const address = `127.0.0.2:${port}`;
  for (let turn = 1; turn <= 100; turn += 1) {
    const update =
      turn % 2 === 0
        ? { smtp: { maxConnections: 500 + turn, [`bind/${address}`]: turn % 4 === 0 ? true : null } }
        : { smtp: { tlsTimeout: 10_000 + turn } };
    change.resolve();
    change = Promise.withResolvers<void>();
    const answer = await one(house, "x:NetworkListener/set", { update });
    expect(answer["updated"]).toEqual({ smtp: null });
    expect(house.text()).toContain(
      turn % 2 === 0 ? `"maxConnections": ${500 + turn}` : `"tlsTimeout": ${10_000 + turn}`,
    );
  }
  isOver = true;
  change.resolve();
  await Promise.all(clients);
  expect(failures).toEqual([]);
  expect(served).toBeGreaterThan(100);
  const line = /"name": "smtp".*$/m;
  expect(house.text().replace(line, "")).toBe(text.replace(line, ""));
});

test("with ifInState nobody's increment is lost, whoever else increments at the same time", async () => {
  const house = await runWithFile(text);
  const increment = async (): Promise<void> => {
    for (let left = 3; left > 0; ) {
      const got = await one(house, "x:SystemSettings/get", { ids: null });
      const [{ maxConnections } = { maxConnections: 0 }] = got["list"] as { maxConnections: number }[];
      const update = { singleton: { maxConnections: maxConnections + 1 } };
      const outcome = await one(house, "x:SystemSettings/set", { ifInState: got["state"], update }).catch(
        (error: unknown) => error,
      );
      if (outcome instanceof RefusedError) expect(outcome.type).toBe("stateMismatch");
      else left -= 1;
    }
  };
  await Promise.all([increment(), increment(), increment(), increment()]);
  expect(house.text()).toBe(text.replace("1000", "1012"));
});

test("a document that cannot be written is changed all the same, and the answer and the event say where that is kept", async ({
  skip,
}) => {
  const house = await runWithFile(text);
  if (makeReadOnly(dirname(house.file)) === null) skip("This user cannot make a folder read-only.");
  const keptIn = join(house.data, "document-changes.json");
  const answer = await one(house, "x:SystemSettings/set", { update: { singleton: { maxConnections: 7 } } });
  expect(answer).toMatchObject({ updated: { singleton: null }, keptIn });
  expect(await house.event("management.changed")).toMatchObject({ by: "control socket", keptIn });
  expect(house.text()).toBe(text);
  expect(JSON.parse(readFileSync(keptIn, "utf8"))).toMatchObject([{ patch: { maxConnections: 7 } }]);
});
