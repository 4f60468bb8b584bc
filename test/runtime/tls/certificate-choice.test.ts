import { describe, expect, test } from "vitest";
import { choiceKey, chooseCertificates, findByServerName } from "../../../src/runtime/tls/certificate-choice.ts";
import { spanOf } from "../../../src/runtime/tls/validity.ts";
import { loaded } from "./certificate-fixtures.ts";

const DAY = 86_400_000;
const now = new Date();
const at = (days: number) => new Date(now.getTime() + days * DAY);
const names = ["mail.example.com"];

const expired = await loaded("expired", { names, notBefore: at(-90), notAfter: at(-1) });
const early = await loaded("early", { names, notBefore: at(1), notAfter: at(400) });
const short = await loaded("short", { names, notBefore: at(-60), notAfter: at(30) });
const long = await loaded("long", { names, notBefore: at(-1), notAfter: at(90) });
const rsa = await loaded("rsa", { names, keyType: "rsa" });
const other = await loaded("other", { names: ["www.example.com"] });

const served = (certificates: Parameters<typeof chooseCertificates>[0], preferred = certificates[0], date = now) => {
  if (!preferred) throw new Error("there is one");
  const choice = chooseCertificates(certificates, preferred, date);
  return {
    byName: findByServerName(choice.byName, "mail.example.com")?.map(({ id }) => id),
    defaults: choice.defaults.map(({ id }) => id),
  };
};

describe("of certificates for one name", () => {
  test.each([
    [[expired, short], "short"],
    [[short, expired], "short"],
    [[short, long], "long"],
    [[long, short], "long"],
    [[early, short], "short"],
    [[expired, early], "early"],
    [[expired, early, short, long], "long"],
  ] as const)("a valid one, then the longer valid one serves (%#)", (certificates, id) => {
    expect(served(certificates).byName).toEqual([id]);
  });

  test("the default one and then the first serve where nothing else decides", () => {
    const same = { ...long, id: "same" };
    expect(served([long, same]).byName).toEqual(["long"]);
    expect(served([long, same], same).byName).toEqual(["same"]);
  });

  test("each kind of key has one of its own", () => {
    expect(served([expired, rsa, long]).byName?.toSorted()).toEqual(["long", "rsa"]);
  });

  test("an issuer in the chain that has expired counts like the certificate itself", () => {
    const [member] = long.chain;
    const [past] = expired.chain;
    if (!member || !past) throw new Error("each has a chain");
    const broken = { ...long, id: "broken", chain: [member, { ...past, role: "issuer" as const }] };
    expect(spanOf(broken.chain).notValidAfter).toEqual(past.notValidAfter);
    expect(served([broken, short]).byName).toEqual(["short"]);
  });

  test("another moment may choose otherwise", () => {
    const key = (days: number) => choiceKey(chooseCertificates([short, early], short, at(days)));
    expect(key(0)).toBe(key(0.5));
    expect(key(0)).not.toBe(key(2));
    expect(served([short, early], short, at(2)).byName).toEqual(["early"]);
  });
});

describe("for clients that name no host", () => {
  test("the default one serves while it is valid, be another valid for longer", () => {
    expect(served([long, short], short).defaults).toEqual(["short"]);
  });

  test("another that bears its names takes the place of one that has expired", () => {
    expect(served([expired, other, short, long]).defaults).toEqual(["long"]);
    expect(served([expired, other]).defaults).toEqual(["expired"]);
  });

  test("each kind of key that bears the names has one", () => {
    expect(served([long, rsa]).defaults).toEqual(["long", "rsa"]);
  });
});
