import { describe, expect, it } from "vitest";
import { parseMailParameters, parseRcptParameters } from "../../../src/protocols/smtp/parameters.ts";

const none = { size: null, body: "7BIT", smtpUtf8: false, dsn: { ret: null, envid: null } };

describe("the parameters of MAIL", () => {
  it.each([
    ["", {}],
    ["SIZE=0", { size: 0 }],
    ["size=123 body=8bitmime", { size: 123, body: "8BITMIME" }],
    ["BODY=7BIT", {}],
    ["SMTPUTF8", { smtpUtf8: true }],
    ["RET=FULL ENVID=a+2Bb+3Dc", { dsn: { ret: "FULL", envid: "a+b=c" } }],
    ["AUTH=<>", {}],
    ["AUTH=e+3Dmc2@example.com", {}],
    ["AUTH=not+xtext@example.com", {}],
  ])("reads %j", (text, parameters) => {
    expect(parseMailParameters(text)).toEqual({ ...none, ...parameters });
  });

  it.each([
    ["SIZE", "SIZE"],
    ["SIZE=-1", "SIZE"],
    ["SIZE=1 SIZE=2", "SIZE"],
    ["SIZE=123456789012345678901", "SIZE"],
    ["BODY", "BODY"],
    ["BODY=9BIT", "BODY"],
    ["SMTPUTF8=yes", "SMTPUTF8"],
    ["RET=ALL", "RET"],
    ["ENVID", "ENVID"],
    ["ENVID=a+0D+0Ab", "ENVID"],
    ["ENVID=a+2", "ENVID"],
    ["ENVID=a+2b", "ENVID"],
    [`ENVID=${"x".repeat(101)}`, "ENVID"],
    ["AUTH", "AUTH"],
    ["RET==", "RET"],
    ["=1", "the parameters"],
    ["-X=1", "the parameters"],
  ])("refuses %j", (text, keyword) => {
    expect(parseMailParameters(text)).toEqual({ error: "invalid", keyword });
  });

  it("does not know those of RCPT, and says so", () => {
    expect(parseMailParameters("NOTIFY=NEVER")).toEqual({ error: "unknown", keyword: "NOTIFY" });
    expect(parseRcptParameters("SIZE=1")).toEqual({ error: "unknown", keyword: "SIZE" });
    expect(parseMailParameters("constructor")).toEqual({ error: "unknown", keyword: "CONSTRUCTOR" });
  });
});

describe("the parameters of RCPT", () => {
  it.each([
    ["", { notify: [], orcpt: null }],
    ["NOTIFY=NEVER", { notify: ["NEVER"], orcpt: null }],
    ["notify=success,FAILURE,delay,success", { notify: ["SUCCESS", "FAILURE", "DELAY"], orcpt: null }],
    ["ORCPT=RFC822;a+40b@c.d", { notify: [], orcpt: "rfc822;a@b@c.d" }],
    ["ORCPT=utf-8;ü@c.d", { notify: [], orcpt: "utf-8;ü@c.d" }],
  ])("reads %j", (text, parameters) => {
    expect(parseRcptParameters(text)).toEqual(parameters);
  });

  it.each([
    "NOTIFY",
    "NOTIFY=",
    "NOTIFY=NEVER,DELAY",
    "NOTIFY=SUCCESS,",
    "ORCPT",
    "ORCPT=a@b",
    "ORCPT=;a",
    "ORCPT=;x",
    "ORCPT=r f;x",
    "ORCPT=rfc822;+0A",
  ])("refuses %j", (text) => {
    expect(parseRcptParameters(text)).toHaveProperty("error");
  });
});
