import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { readFileIfThere, readFileWithin } from "../../src/files/index.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";

const limits = { maxSize: 100_000 };

test("a file is read to its last octet, whatever its size, and its digest tells it from others", async () => {
  const file = join(temporaryDirectory(), "file");
  const sizes = fc.oneof(fc.nat({ max: 100_000 }), fc.constantFrom(0, 1, 16_383, 16_384, 16_385, 99_999, 100_000));
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat({ max: 255 }), async (size, octet) => {
      const content = Buffer.alloc(size, octet);
      writeFileSync(file, content);
      const { bytes, digest } = await readFileWithin(file, limits);
      expect(bytes.equals(content)).toBe(true);
      expect(digest).toBe(createHash("sha256").update(content).digest("base64"));
    }),
    { numRuns: 30 },
  );
});

test("one octet more than allowed is refused, also of a file that does not say its size", async () => {
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, Buffer.alloc(11));
  const message = `${file} cannot be read: it has more than the 10 octets that it may have; see whether it is the right file`;
  await expect(readFileWithin(file, { maxSize: 10 })).rejects.toMatchObject({ code: "file-too-large", message });
  expect((await readFileWithin(file, { maxSize: 11 })).bytes).toHaveLength(11);
  if (process.platform === "linux")
    await expect(readFileWithin("/proc/self/status", { maxSize: 10 })).rejects.toThrow("more than the 10 octets");
});

test.skipIf(process.platform === "win32")(
  "what is no regular file is named for what it is, and never waited for",
  async () => {
    const folder = temporaryDirectory();
    const [pipe, socket, link] = [join(folder, "pipe"), join(folder, "socket"), join(folder, "link")];
    spawnSync("mkfifo", [pipe]);
    symlinkSync(pipe, link);
    const server = createServer().listen(socket);
    onTestFinished(() => {
      server.close();
    });
    await once(server, "listening");
    mkdirSync(join(folder, "folder"));
    const kinds = [
      [pipe, "a pipe"],
      [link, "a pipe"],
      [socket, "a socket"],
      [join(folder, "folder"), "a folder"],
      ["/dev/zero", "a device"],
    ] as const;
    for (const [path, kind] of kinds)
      await expect(readFileWithin(path, limits)).rejects.toMatchObject({
        code: "not-a-regular-file",
        message: `${path} cannot be read: it is ${kind}; name a regular file`,
      });
  },
);

test("a missing file is an error with what to do, or null where it may be missing", async () => {
  const missing = join(temporaryDirectory(), "missing");
  await expect(readFileWithin(missing, limits)).rejects.toMatchObject({
    code: "file-unreadable",
    errno: "ENOENT",
    message: `${missing} cannot be read: there is no such file; check its path (ENOENT)`,
  });
  expect(await readFileIfThere(missing, limits)).toBeNull();
  await expect(readFileIfThere(temporaryDirectory(), limits)).rejects.toMatchObject({ code: "not-a-regular-file" });
});
