import { scryptSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { QueueFullError } from "../../../src/mailbox/accounts/fair-queue.ts";
import { hashPassword, parseSecret, SecretError, verifyPassword } from "../../../src/mailbox/accounts/password.ts";

const base64 = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
const salt = Buffer.from("0123456789abcdef");
const hash = (parameters: string) => `$scrypt$${parameters}$${base64(salt)}$${base64(Buffer.alloc(32, 7))}`;

describe("hashPassword", () => {
  test("A hash fits its own password and no other.", async () => {
    const secret = await hashPassword("correct horse");
    expect(secret).toMatch(/^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await verifyPassword(secret, "correct horse")).toBe(true);
    expect(await verifyPassword(secret, "correct hors")).toBe(false);
    expect(await verifyPassword(secret, "")).toBe(false);
  });

  test("The same password gets another salt each time.", async () => {
    expect(await hashPassword("same")).not.toBe(await hashPassword("same"));
  });
});

describe("verifyPassword", () => {
  test("A hash made elsewhere, with other parameters, is understood.", async () => {
    const key = scryptSync("pässword", salt, 24, { N: 1024, r: 4, p: 2 });
    expect(await verifyPassword(`$scrypt$ln=10,r=4,p=2$${base64(salt)}$${base64(key)}`, "pässword")).toBe(true);
  });

  test.each([
    ["secret", "secret", true],
    ["secret", "Secret", false],
    ["secret", "secret ", false],
    ["pässword", "pässword", true],
    ["$5 a month", "$5 a month", true],
  ])("The clear-text secret %j against %j is %j.", async (secret, password, fits) => {
    expect(await verifyPassword(secret, password)).toBe(fits);
  });

  test("A storm of checks is cut off instead of queueing without bound, and what was queued is answered.", async () => {
    const key = scryptSync("right", salt, 32, { N: 2, r: 1, p: 1 });
    const secret = `$scrypt$ln=1,r=1,p=1$${base64(salt)}$${base64(key)}`;
    const results = await Promise.allSettled(Array.from({ length: 1000 }, () => verifyPassword(secret, "right")));
    const answered = results.filter((result) => result.status === "fulfilled" && result.value);
    const refused = results.filter((result) => result.status === "rejected");
    expect(answered.length).toBe(258);
    expect(refused.every(({ reason }) => reason instanceof QueueFullError)).toBe(true);
    expect(await verifyPassword(secret, "right")).toBe(true);
  });
});

describe("parseSecret", () => {
  test.each([
    ["", "empty"],
    [hash("ln=21,r=8,p=1"), "at most ln=20"],
    [hash("ln=20,r=16,p=1"), "too much memory"],
    [hash("ln=20,r=8,p=16"), "too much memory"],
    [hash("ln=0,r=8,p=1"), "at least 1"],
    [hash("ln=15,r=8"), "malformed"],
    [hash("ln=15,r=8,p=1").slice(0, -24), "hash must be 16 to 64 octets"],
    [`${hash("ln=15,r=8,p=1")}=`, "malformed"],
    ["$scrypt$", "malformed"],
    ["$2b$12$abcdefghijklmnopqrstuv", '"2b" are not supported'],
    ["$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", '"argon2id" are not supported'],
    ["$6$salt$hash", '"6" are not supported'],
  ])("%j is refused, and the reason does not repeat it.", (secret, reason) => {
    const parse = () => parseSecret(secret);
    expect(parse).toThrow(SecretError);
    expect(parse).toThrow(reason);
    if (secret.length > 20) expect(parse).not.toThrow(secret.slice(-20));
  });
});
