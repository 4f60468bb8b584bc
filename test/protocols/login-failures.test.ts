import { describe, expect, it } from "vitest";
import { defaultLoginDelays, LoginFailures } from "../../src/protocols/login-failures.ts";

const address = "192.0.2.1";

describe("the delay after failed log-ins", () => {
  it("doubles with each failure, up to the longest", () => {
    const failures = new LoginFailures();
    let now = 0;
    const delays = Array.from({ length: 7 }, () => {
      const delay = failures.failed(address, now);
      now += delay;
      return delay;
    });
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 16_000, 16_000]);
  });

  it("holds the next log-in of the address up, whichever connection it comes by", () => {
    const failures = new LoginFailures();
    expect(failures.remaining(address, 0)).toBe(0);
    failures.failed(address, 0);
    expect(failures.remaining(address, 400)).toBe(600);
    expect(failures.remaining(address, 1000)).toBe(0);
    expect(failures.remaining("192.0.2.2", 400)).toBe(0);
  });

  it("is the same for all addresses of an IPv6 network of 64 bits", () => {
    const failures = new LoginFailures();
    failures.failed("2001:db8::1", 0);
    expect(failures.remaining("2001:db8::ffff:2", 0)).toBe(1000);
    expect(failures.remaining("2001:db8:0:1::1", 0)).toBe(0);
  });

  it("is not for those who are exempt", () => {
    const exempt = new Set<string>();
    const failures = new LoginFailures({}, (client) => exempt.has(client));
    failures.failed(address, 0);
    exempt.add(address);
    expect(failures.remaining(address, 0)).toBe(0);
    expect(failures.failed(address, 0)).toBe(0);
    exempt.clear();
    expect(failures.failed(address, 0)).toBe(2000);
  });

  it("begins again after a time without failures", () => {
    const failures = new LoginFailures();
    failures.failed(address, 0);
    failures.failed(address, 1000);
    expect(failures.failed(address, 1000 + defaultLoginDelays.forgetAfter - 1)).toBe(4000);
    expect(failures.failed(address, 1000 + 2 * defaultLoginDelays.forgetAfter)).toBe(1000);
  });

  it("does not grow without bound: what is quiet goes, and beyond the bound the oldest", () => {
    const failures = new LoginFailures();
    for (let number = 0; number < 65_540; number++)
      failures.failed(`10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`, 0);
    expect(failures.size).toBe(65_536);
    expect(failures.remaining("10.0.0.0", 0)).toBe(0);
    expect(failures.remaining("10.0.0.4", 0)).toBe(1000);
    const later = defaultLoginDelays.forgetAfter;
    failures.failed(address, later);
    failures.failed(address, later);
    expect(failures.size).toBe(65_533);
  });
});
