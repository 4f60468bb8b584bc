import { expect, test } from "vitest";
import { Lifecycle } from "../../../src/runtime/observe/lifecycle.ts";
import { CertificateWatch } from "../../../src/runtime/server/certificate-watch.ts";
import type { ServerCertificates } from "../../../src/runtime/tls/server-certificates.ts";
import { noCertificates } from "../../../src/runtime/tls/server-certificates.ts";
import { TestClock } from "../../../src/testing/index.ts";
import { loaded } from "../tls/certificate-fixtures.ts";

const DAY = 86_400_000;
/** A whole second, as the dates of certificates are. */
const begin = Math.floor(Date.now() / 1_000) * 1_000;

class Calendar extends TestClock {
  /** A date that somebody has set. */
  set = 0;

  date(): number {
    return begin + this.set + this.now();
  }
}

async function watching(days: number) {
  const clock = new Calendar();
  const lifecycle = new Lifecycle();
  const told: string[] = [];
  lifecycle.events$.subscribe(({ type }) => told.push(type));
  const watch = new CertificateWatch({ clock, lifecycle, onChange: () => told.push("change") });
  const certificate = await loaded("main", { names: ["x.example"], notAfter: new Date(begin + days * DAY) });
  const served: ServerCertificates = { ...noCertificates, loaded: [certificate], date: new Date(begin) };
  watch.follow(served);
  return { clock, told, watch, served };
}

test("the end is told of to the millisecond: a certificate is valid in its last second", async () => {
  const { clock, told } = await watching(20);
  clock.advance(6 * DAY);
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told).toEqual(["certificate.expiring", "change"]);
  clock.advance(14 * DAY - 1);
  expect(told).toHaveLength(2);
  clock.advance(1);
  expect(told.slice(2)).toEqual(["certificate.expired", "change"]);
});

test("a date that is set while the server runs is noticed within the hour, forwards and back", async () => {
  const { clock, told } = await watching(20);
  clock.set = 30 * DAY;
  clock.advance(3_600_000);
  expect(told).toEqual(["certificate.expired", "change"]);
  clock.set = 0;
  clock.advance(3_600_000);
  expect(told).toEqual(["certificate.expired", "change", "change"]);
  clock.advance(21 * DAY);
  expect(told.slice(3)).toEqual(["certificate.expiring", "change", "certificate.expired", "change"]);
});

test("what has changed between loading and serving is told of at once", async () => {
  const { clock, told, watch, served } = await watching(20);
  clock.set = 8 * DAY;
  watch.follow(served);
  clock.advance(0);
  expect(told).toEqual(["certificate.expiring", "change"]);
});

test("nothing is watched, and no timer runs, once it has stopped", async () => {
  const { clock, told, watch } = await watching(1);
  watch.stop();
  expect(clock.pending).toEqual([]);
  clock.advance(2 * DAY);
  expect(told).toEqual([]);
});
