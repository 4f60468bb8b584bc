import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tlsContexts } from "../../../src/runtime/tls/context.ts";
import { selfSignedCertificate } from "../../../src/runtime/tls/self-signed.ts";
import { listenWithTls } from "./tls-listener.ts";

const DAY = 86_400_000;
let parent: string;
let directory: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "gatehouse-self-signed-"));
  directory = join(parent, "data", "tls");
});
afterEach(() => rm(parent, { recursive: true }));

const make = (hostname = "mail.example.com", now = new Date()) => selfSignedCertificate({ hostname, directory, now });

test("is made for the host name alone, of the kind and validity that clients accept", async () => {
  const made = await make();
  expect(made).toMatchObject({
    id: "self-signed",
    created: true,
    keyType: "ecdsa",
    subjectAlternativeNames: ["mail.example.com"],
    warnings: [],
  });
  expect((made.notValidAfter.getTime() - made.notValidBefore.getTime()) / DAY).toBeCloseTo(397, 0);
});

test("is trusted by a client that was given its certificate file, for localhost and the loopback addresses", async () => {
  const made = await make("localhost");
  expect(made.subjectAlternativeNames).toEqual(["localhost", "127.0.0.1", "::1"]);
  const listener = { tlsDisableProtocols: [], tlsDisableCipherSuites: [], tlsIgnoreClientOrder: true } as const;
  await using server = await listenWithTls(tlsContexts({ certificates: [made], defaultId: made.id, listener }));
  const ca = await readFile(made.files.certificate);
  for (const name of [{ servername: "localhost" }, {}]) {
    const client = connect({ port: server.port, host: "127.0.0.1", ca, ...name });
    await once(client, "secureConnect");
    expect(client.authorized).toBe(true);
    client.destroy();
  }
});

test("is kept in files and a folder that nobody else may read, and in nothing else", async () => {
  const { files } = await make();
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(files.privateKey)).mode & 0o777).toBe(0o600);
  expect((await stat(files.certificate)).mode & 0o777).toBe(0o600);
  expect(await readFile(files.certificate, "utf8")).not.toContain("PRIVATE KEY");
  expect((await readdir(directory)).sort()).toEqual(["self-signed.crt", "self-signed.key"]);
});

test("is used again by the next start, which restores its mode and its copy", async () => {
  const first = await make();
  await chmod(first.files.privateKey, 0o644);
  await rm(first.files.certificate);
  const second = await make();
  expect(second).toEqual({ ...first, created: false });
  expect((await stat(first.files.privateKey)).mode & 0o777).toBe(0o600);
  expect(await readFile(first.files.certificate, "utf8")).toBe(first.certificate);
});

test.each<[string, () => Promise<unknown>]>([
  ["the host name changes", () => make("other.example.com")],
  ["it has expired", () => make("mail.example.com", new Date(Date.now() + 400 * DAY))],
  ["it has less than 14 days left", () => make("mail.example.com", new Date(Date.now() + 384 * DAY))],
  ["its file is damaged", () => writeFile(join(directory, "self-signed.key"), "half a key").then(() => make())],
])("is made again when %s", async (_name, again) => {
  const first = await make();
  const second = await again();
  expect(second).toMatchObject({ created: true, warnings: [] });
  expect(second).not.toMatchObject({ certificate: first.certificate });
});

test("is the same for all of several servers that start at once", async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => make()));
  expect(new Set(all.map(({ certificate }) => certificate)).size).toBe(1);
  expect(all.filter(({ created }) => created)).toHaveLength(1);
  expect(await readFile(join(directory, "self-signed.crt"), "utf8")).toBe(all[0]?.certificate);
});

test("says so when the folder cannot be made", async () => {
  await writeFile(join(parent, "data"), "in the way");
  await expect(make()).rejects.toMatchObject({
    code: "certificate-unreadable",
    message: expect.stringContaining("ENOTDIR"),
  });
});
