import { describe, expect, it } from "vitest";
import { decodeBase64, openSaslExchange } from "../../src/protocols/sasl.ts";

function plain(text: string) {
  return openSaslExchange("plain")?.respond(Buffer.from(text));
}

describe("SASL PLAIN", () => {
  it.each([
    ["\0alice\0secret", { next: "verify", username: "alice", password: "secret" }],
    ["alice\0alice\0secret", { next: "verify", username: "alice", password: "secret" }],
    ["\0älice\0sécret", { next: "verify", username: "älice", password: "sécret" }],
    [
      "Alice@EXAMPLE.com\0alice@example.com\0secret",
      { next: "verify", username: "alice@example.com", password: "secret" },
    ],
    ["jo\u0308rg\0JÖRG\0secret", { next: "verify", username: "JÖRG", password: "secret" }],
    [
      "a@bücher.example.\0a@xn--bcher-kva.example\0s",
      { next: "verify", username: "a@xn--bcher-kva.example", password: "s" },
    ],
    ["alice+x@b.example\0alice@b.example\0secret", { next: "unauthorized", username: "alice@b.example" }],
    ["bob\0alice\0secret", { next: "unauthorized", username: "alice" }],
    ["", { next: "malformed" }],
    ["alice\0secret", { next: "malformed" }],
    ["\0", { next: "malformed" }],
    ["\0\0", { next: "malformed" }],
    ["alice\0\0secret", { next: "malformed" }],
    [`\0${"x".repeat(4097)}\0secret`, { next: "malformed" }],
    [`\0alice\0${"x".repeat(4097)}`, { next: "malformed" }],
    ["\0alice", { next: "malformed" }],
    ["\0\0secret", { next: "malformed" }],
    ["\0alice\0", { next: "malformed" }],
    ["\0alice\0secret\0more", { next: "malformed" }],
  ])("takes %j for %j", (response, step) => {
    expect(plain(response)).toEqual(step);
  });

  it("asks with an empty challenge where the initial response is missing", () => {
    expect(openSaslExchange("PLAIN")?.respond(null)).toEqual({ next: "challenge", text: "" });
  });

  it("refuses octets that are not UTF-8", () => {
    const response = Buffer.from([0, 0xff, 0, 0x61]);
    expect(openSaslExchange("PLAIN")?.respond(response)).toEqual({ next: "malformed" });
  });
});

describe("SASL LOGIN", () => {
  it("asks for a name and a password", () => {
    const exchange = openSaslExchange("login");
    expect(exchange?.respond(null)).toEqual({ next: "challenge", text: "Username:" });
    expect(exchange?.respond(Buffer.from("alice"))).toEqual({ next: "challenge", text: "Password:" });
    expect(exchange?.respond(Buffer.from("secret"))).toEqual({ next: "verify", username: "alice", password: "secret" });
  });

  it("takes the name as initial response, and refuses empty answers", () => {
    expect(openSaslExchange("LOGIN")?.respond(Buffer.from("alice"))).toEqual({ next: "challenge", text: "Password:" });
    expect(openSaslExchange("LOGIN")?.respond(Buffer.alloc(0))).toEqual({ next: "malformed" });
  });
});

describe("SASL", () => {
  it("knows no other mechanism", () => {
    expect(openSaslExchange("CRAM-MD5")).toBeNull();
  });

  it.each(["YQ", "YQ=", "Y=Q=", "Y Q=", "YQ==\r", "YQ==YQ==", "****", "YQ-_"])("takes %j for no base64", (text) => {
    expect(decodeBase64(text)).toBeNull();
  });

  it.each([
    ["", ""],
    ["YQ==", "a"],
    ["AGEA", "\0a\0"],
  ])("decodes %j", (text, decoded) => {
    expect(decodeBase64(text)?.toString()).toBe(decoded);
  });
});
