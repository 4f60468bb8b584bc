/** What a running server does when the certificates that it serves come to their end. */

import { once } from "node:events";
import { connect } from "node:tls";
import { describe, expect, test } from "vitest";
import { TestClock } from "../../src/testing/index.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";
import { issue, type KeyPair, type Wanted } from "./tls/certificate-fixtures.ts";

const DAY = 86_400_000;
const begin = Date.now();

const HOUR = 3_600_000;

/** Time that stands still, and has a date: days go by in an hour, in which the server looks at the date once at least. */
class Calendar extends TestClock {
  #leapt = 0;

  date(): number {
    return begin + this.#leapt + this.now();
  }

  /** What looks at descriptors twice a second would look seven thousand times. */
  override setTimeout(callback: () => void, milliseconds: number): number {
    return milliseconds === 500 ? 0 : super.setTimeout(callback, milliseconds);
  }

  pass(milliseconds: number): void {
    this.#leapt += milliseconds - HOUR;
    this.advance(HOUR);
  }
}

const inDays = (days: number) => new Date(begin + days * DAY);
const lasting = (days: number, wanted: Partial<Wanted> = {}) =>
  issue({ names: ["mail.example.com"], notAfter: inDays(days), ...wanted });

const certificateOf = ({ certificate, privateKey }: KeyPair) => ({
  certificate: { "@type": "Text", value: certificate } as const,
  privateKey: { "@type": "Text", secret: privateKey } as const,
});

function document(certificates: Readonly<Record<string, KeyPair>>) {
  return {
    SystemSettings: { defaultHostname: "mail.example.com" },
    Certificate: Object.fromEntries(Object.entries(certificates).map(([id, pair]) => [id, certificateOf(pair)])),
    NetworkListener: [
      { name: "imaps", protocol: "imap", bind: ["127.0.0.1:0"], tlsImplicit: true },
      { name: "smtp", bind: ["127.0.0.1:0"], useTls: false },
    ],
  };
}

async function run(certificates: Readonly<Record<string, KeyPair>>) {
  const clock = new Calendar();
  const house = await runGatehouse(document(certificates), { clock, pressure: false });
  const told = () =>
    house.events.flatMap((event) => {
      if (event.type === "server.warning") return [event.text];
      if (event.type === "certificate.chosen") return [`${event.type} ${event.listener}`];
      if (event.type !== "certificate.expiring" && event.type !== "certificate.expired") return [];
      return [`${event.type} ${event.certificate} ${event.subject} ${event.role}`];
    });
  return { ...house, clock, told };
}

/** The serial number of what a client of this name is shown. */
async function shown({ port }: RunningGatehouse, servername: string | null = "mail.example.com"): Promise<string> {
  const options = { port: port("imaps"), host: "127.0.0.1", rejectUnauthorized: false };
  const socket = connect({ ...options, ...(servername === null ? {} : { servername }) });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

const serialOf = async ({ certificate }: KeyPair) => {
  const { X509Certificate } = await import("node:crypto");
  return new X509Certificate(certificate).serialNumber;
};

const secondsLeft = async ({ gatehouse }: RunningGatehouse) => {
  const text = await gatehouse.metrics.registry.metrics();
  return [...text.matchAll(/^gatehouse_certificate_expires_seconds\{(.*)\} (\S+)$/gm)].map(([, labels, value]) => [
    labels,
    Math.round(Number(value) / 86_400),
  ]);
};

describe("a certificate that comes to its end while the server runs", () => {
  test("is told of 14 days before, and at the end, each once", async () => {
    const { clock, told } = await run({ main: await lasting(30) });
    clock.pass(15 * DAY);
    expect(told()).toEqual([]);
    clock.pass(2 * DAY);
    const expiring = "certificate.expiring main CN=mail.example.com server";
    expect(told()).toEqual([expiring]);
    clock.pass(14 * DAY);
    const expired = "certificate.expired main CN=mail.example.com server";
    expect(told()).toEqual([expiring, expired]);
    clock.pass(30 * DAY);
    expect(told()).toEqual([expiring, expired]);
  });

  test("is told of when it is only an issuer in the chain, and shows in the metric", async () => {
    const issuer = await lasting(20, { names: [], commonName: "Intermediate", authority: true });
    const leaf = await lasting(90, { issuer });
    const house = await run({ main: { ...leaf, certificate: leaf.certificate + issuer.certificate } });
    expect(await secondsLeft(house)).toEqual([
      ['certificate="main",subject="CN=mail.example.com",role="server"', 90],
      ['certificate="main",subject="CN=Intermediate",role="issuer"', 20],
    ]);
    house.clock.pass(10 * DAY);
    house.clock.pass(11 * DAY);
    expect(house.told()).toEqual([
      "certificate.expiring main CN=Intermediate issuer",
      "certificate.expired main CN=Intermediate issuer",
    ]);
    expect((await secondsLeft(house)).map(([, days]) => days)).toEqual([69, -1]);
  });

  test("that was told of at the start is told of again at the end only", async () => {
    const { clock, told } = await run({ main: await lasting(5) });
    expect(told()).toEqual([expect.stringContaining("expires on")]);
    clock.pass(6 * DAY);
    expect(told().slice(1)).toEqual(["certificate.expired main CN=mail.example.com server"]);
  });

  test("is forgotten when a reload brings another, which is watched from then on", async () => {
    const { clock, told, gatehouse } = await run({ main: await lasting(20) });
    await gatehouse.reload(document({ main: await lasting(60) }));
    clock.pass(45 * DAY);
    expect(told()).toEqual([]);
    clock.pass(2 * DAY);
    expect(told()).toEqual(["certificate.expiring main CN=mail.example.com server"]);
  });
});

describe("of two certificates for one name", () => {
  test("the one that is valid is served, and the other takes its place when it has ended", async () => {
    const old = await lasting(-1, { notBefore: inDays(-90) });
    const first = await lasting(30);
    const next = await lasting(90, { notBefore: inDays(20) });
    const house = await run({ old, first, next });
    const { clock, told } = house;
    expect(await shown(house)).toBe(await serialOf(first));
    clock.pass(19 * DAY);
    expect(await shown(house)).toBe(await serialOf(first));
    clock.pass(2 * DAY);
    await house.event("certificate.chosen");
    expect(await shown(house)).toBe(await serialOf(next));
    expect(told()).toContain("certificate.chosen imaps");
    expect(told()).not.toContain("certificate.chosen smtp");
    clock.pass(80 * DAY);
    expect(told().filter((text) => text.startsWith("certificate.chosen"))).toHaveLength(1);
  });

  test("who names no host is shown the default one until it has ended", async () => {
    const first = await lasting(30);
    const next = await lasting(90);
    const house = await run({ first, next });
    expect(await shown(house)).toBe(await serialOf(next));
    expect(await shown(house, null)).toBe(await serialOf(first));
    house.clock.pass(31 * DAY);
    await house.event("certificate.chosen");
    expect(await shown(house, null)).toBe(await serialOf(next));
  });
});
