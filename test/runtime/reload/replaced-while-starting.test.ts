/** What is replaced between its reading and `server.running` comes into force. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { filter, firstValueFrom } from "rxjs";
import { expect, onTestFinished, test } from "vitest";
import { RunningDocument } from "../../../src/config/index.ts";
import { createGatehouse, type GatehouseOptions, type LifecycleEvent } from "../../../src/index.ts";
import { replaceFile } from "../../config/sources/folders.ts";
import { temporaryDirectory } from "../../mailbox/temporary-directory.ts";
import { issue } from "../tls/certificate-fixtures.ts";

const listener = { name: "http", bind: ["127.0.0.1:0"], protocol: "http" };
const pairs = await Promise.all([issue({ names: ["localhost"] }), issue({ names: ["localhost"] })]);

async function started(options: GatehouseOptions): Promise<Extract<LifecycleEvent, { type: "reload.carriedOut" }>> {
  const gatehouse = createGatehouse({ backend: {}, dataDirectory: temporaryDirectory(), ...options });
  onTestFinished(() => gatehouse.stop({ wait: false }));
  const carriedOut = firstValueFrom(gatehouse.lifecycle$.pipe(filter((event) => event.type === "reload.carriedOut")));
  await gatehouse.start();
  return carriedOut;
}

test("a document", async () => {
  const file = join(temporaryDirectory(), "gatehouse.json");
  writeFileSync(file, JSON.stringify([{ ...listener, maxConnections: 5 }]));
  const document = new RunningDocument({ file, keptFile: `${file}.kept` });
  const { plan } = await started({
    config: await document.read(),
    config$: document.changes({ settle: 10 }),
    onBound: () => replaceFile(file, JSON.stringify([{ ...listener, maxConnections: 6 }])),
  });
  expect(plan.listeners).toMatchObject([{ name: "http", kind: "retuned" }]);
});

test("a certificate with its key", async () => {
  const folder = temporaryDirectory();
  const files = { certificate: join(folder, "tls.crt"), privateKey: join(folder, "tls.key") };
  const write = ({ certificate, privateKey }: { certificate: string; privateKey: string }): void => {
    replaceFile(files.certificate, certificate);
    replaceFile(files.privateKey, privateKey);
  };
  const [first, second] = pairs;
  if (!first || !second) throw new Error("There are no certificates.");
  write(first);
  const { certificatesChanged } = await started({
    config: {
      Certificate: {
        main: {
          certificate: { "@type": "File", filePath: files.certificate },
          privateKey: { "@type": "File", filePath: files.privateKey },
        },
      },
      NetworkListener: [listener],
    },
    onBound: () => write(second),
  });
  expect(certificatesChanged).toBe(true);
});
