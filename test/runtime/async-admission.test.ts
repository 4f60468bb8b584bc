/** Admission rules that ask elsewhere: what their clients see, and what they hold meanwhile. */
import { connect as tlsConnect } from "node:tls";
import { describe, expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import type { AdmissionRequest, AsyncAdmissionRule, Refusal } from "../../src/index.ts";
import { runGatehouse } from "../running-gatehouse.ts";
import { causes, expectNobodyInside } from "./ends.ts";
import { gone, rawClient, watch } from "./raw-client.ts";

const listed: Refusal = { rule: "dnsbl", limit: 0, current: 0 };

interface Question {
  readonly request: AdmissionRequest;
  readonly signal: AbortSignal;
  answer(refusal: Refusal | null): void;
  fail(error: unknown): void;
}

/** A rule whose questions the test answers. */
function openRule(name: string, onFailure?: "admit" | "refuse") {
  const questions: Question[] = [];
  const waiting: ((question: Question) => void)[] = [];
  const rule: AsyncAdmissionRule = {
    ...{ name, ...(onFailure ? { onFailure } : {}) },
    ask(request, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<Refusal | null>();
      const question = { request, signal, answer: resolve, fail: reject };
      questions.push(question);
      waiting.shift()?.(question);
      return promise;
    },
  };
  const asked = (): Promise<Question> => new Promise((resolve) => waiting.push(resolve));
  return { rule, questions, asked };
}

function listeners(fields: object = {}) {
  return {
    SystemSettings: { defaultHostname: "localhost" },
    NetworkListener: [
      { name: "smtp", bind: ["127.0.0.1:0"], ...fields },
      { name: "submissions", bind: ["127.0.0.1:0"], tlsImplicit: true, ...fields },
      { name: "http", protocol: "http", bind: ["127.0.0.1:0"], ...fields },
    ],
  };
}

describe("a client about whom a rule has to ask", () => {
  test("is not greeted before the answer, holds its slots meanwhile, and loses nothing that it said early", async () => {
    const { rule, asked } = openRule("dnsbl");
    const house = await runGatehouse(listeners({ maxConnections: 1 }), { backend: {}, admission: [rule] });
    const question = asked();
    const client = await rawClient(house.port("smtp"));
    const { request, answer, signal } = await question;
    expect(request).toMatchObject({
      listener: "smtp",
      peer: { address: "127.0.0.1" },
      proxied: false,
      connections: { server: 0, listener: 0, address: 0 },
    });
    expect(house.gatehouse.connections()).toMatchObject([{ state: "admitting" }]);
    const second = await rawClient(house.port("smtp"));
    await second.until("421 ");
    client.socket.write("EHLO early\r\n");
    expect(client.received()).toBe("");
    answer(null);
    // It spoke before its turn; what it said was kept, and is judged as ever.
    await client.until("220 ");
    await client.until("250 ");
    expect(signal.reason).toMatchObject({ name: "AbortError", message: "All rules have answered." });
    client.socket.end("QUIT\r\n");
    const { durations } = await house.event("connection.closed");
    expect(durations.admission).toBeGreaterThan(0);
    await gone(client);
    await expectNobodyInside(house);
  });

  test("hears the protocol's words when it is refused, by the name of the rule", async () => {
    const { rule, asked } = openRule("dnsbl");
    const house = await runGatehouse(listeners(), { backend: {}, admission: [rule] });
    const question = asked();
    const client = await rawClient(house.port("smtp"));
    (await question).answer(listed);
    await client.until(/^[45]\d\d /);
    client.socket.end();
    expect(await client.end).toBe("fin");
    expect(await house.event("connection.refused")).toMatchObject({ listener: "smtp", refusal: listed });
    await house.event("connection.closed");
    expect(causes(house.events)).toEqual(["over-cap"]);
    await expectNobodyInside(house);
  });

  test("is asked about by its own address behind a proxy, and not before the header", async () => {
    const { rule, asked, questions } = openRule("dnsbl");
    const house = await runGatehouse(listeners({ overrideProxyTrustedNetworks: ["127.0.0.0/8"] }), {
      ...{ backend: {}, admission: [rule] },
    });
    const client = await rawClient(house.port("smtp"));
    await house.event("connection.proxyHeader");
    expect(questions).toEqual([]);
    const question = asked();
    client.socket.write("PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\n");
    const { request, answer } = await question;
    expect(request).toMatchObject({ peer: { address: "192.0.2.1", port: 56_324 }, proxied: true });
    answer(null);
    await client.until("220 ");
  });

  test("does its handshake after the answer, also when the ClientHello came before", async () => {
    const { rule, asked } = openRule("dnsbl");
    const house = await runGatehouse(listeners(), { backend: {}, admission: [rule] });
    const question = asked();
    const client = watch(tlsConnect({ port: house.port("submissions"), host: "127.0.0.1", rejectUnauthorized: false }));
    const { answer } = await question;
    await new Promise((resolve) => setImmediate(resolve));
    answer(null);
    await client.until("220 ");
  });

  test("is served by HTTP with the request that it sent meanwhile", async () => {
    const { rule, asked } = openRule("dnsbl");
    const house = await runGatehouse(listeners(), { backend: {}, admission: [rule] });
    const question = asked();
    const answer = fetch(`http://127.0.0.1:${house.port("http")}/healthz`);
    (await question).answer(null);
    expect((await answer).status).toBe(200);
  });

  test.each(["FIN", "a reset"])(
    "gives its slot back when it goes by %s, and the question is withdrawn",
    async (how) => {
      const { rule, asked } = openRule("dnsbl");
      const house = await runGatehouse(listeners(), { backend: {}, admission: [rule] });
      const question = asked();
      const client = await rawClient(house.port("smtp"));
      const { signal, answer } = await question;
      if (how === "FIN") client.socket.end();
      else client.socket.resetAndDestroy();
      await house.event("connection.closed");
      expect(causes(house.events)).toEqual([how === "FIN" ? "peer-ended" : "peer-reset"]);
      expect(signal.aborted).toBe(true);
      answer(null);
      await expectNobodyInside(house);
    },
  );

  test("hears the goodbye of a drain once it is admitted", async () => {
    const { rule, asked } = openRule("dnsbl");
    const house = await runGatehouse(listeners(), { backend: {}, admission: [rule] });
    const question = asked();
    const client = await rawClient(house.port("smtp"));
    const { answer } = await question;
    const stopped = house.gatehouse.stop();
    answer(null);
    await client.until("421 ");
    client.socket.end();
    await stopped;
    expect(causes(house.events)).toEqual(["drained"]);
  });
});

describe("a rule that fails", () => {
  interface Failure {
    readonly how: string;
    readonly refusedAs: string;
    readonly words: string;
    fail(question: Question, clock: SimulatedClock): void;
  }
  const nonsense = "answered neither with a refusal nor with null";
  const failures: readonly Failure[] = [
    {
      ...{ how: "rejects", refusedAs: "rule-failed", words: "failed with SERVFAIL" },
      fail: ({ fail }) => fail(new Error("SERVFAIL")),
    },
    {
      ...{ how: "rejects with nothing", refusedAs: "rule-failed", words: "failed with undefined" },
      fail: ({ fail }) => fail(undefined),
    },
    {
      ...{ how: "answers nonsense", refusedAs: "rule-failed", words: nonsense },
      fail: ({ answer }) => answer(true as never),
    },
    {
      ...{ how: "does not answer in time", refusedAs: "rule-timeout", words: "did not answer within admissionTimeout" },
      fail: (_, clock) => clock.increment(2_000),
    },
  ];

  async function failing(onFailure: "admit" | "refuse", { fail }: Failure) {
    const clock = new SimulatedClock();
    const { rule, asked } = openRule("dnsbl", onFailure);
    const document = listeners({ admissionTimeout: "2s" });
    const house = await runGatehouse(document, { backend: {}, admission: [rule], clock });
    const question = asked();
    const client = await rawClient(house.port("smtp"));
    fail(await question, clock);
    const warning = await house.event("listener.warning", ({ field }) => field === "admission");
    return { house, client, warning: warning.text };
  }

  test.each(failures)("refuses where it $how, and is named in a warning", async (failure) => {
    const { house, client, warning } = await failing("refuse", failure);
    expect(await house.event("connection.refused")).toMatchObject({ refusal: { rule: failure.refusedAs } });
    await client.until("421 ");
    expect(warning).toBe(`A client was refused: the admission rule "dnsbl" ${failure.words}.`);
  });

  test.each(failures)("admits where it $how and says so, and is named in a warning", async (failure) => {
    const { client, warning } = await failing("admit", failure);
    await client.until("220 ");
    expect(warning).toBe(`A client was admitted: the admission rule "dnsbl" ${failure.words}.`);
  });

  test("that throws at once fails like one that rejects", async () => {
    const rule: AsyncAdmissionRule = {
      name: "thrower",
      ask() {
        throw new Error("no resolver");
      },
    };
    const house = await runGatehouse(listeners(), { backend: {}, admission: [rule] });
    const client = await rawClient(house.port("smtp"));
    await client.until("421 ");
    expect(await house.event("connection.refused")).toMatchObject({ refusal: { rule: "rule-failed" } });
  });
});

test("rules that answer at once are asked first, and a client that one of them refuses is asked about no further", async () => {
  const { rule, questions } = openRule("dnsbl");
  const house = await runGatehouse(listeners(), { backend: {}, admission: [rule, () => ({ ...listed, rule: "own" })] });
  const client = await rawClient(house.port("smtp"));
  await client.until("421 ");
  expect(await house.event("connection.refused")).toMatchObject({ refusal: { rule: "own" } });
  expect(questions).toEqual([]);
});

test("the first refusal of several rules decides, and withdraws the questions of the others", async () => {
  const [slow, quick] = [openRule("slow"), openRule("quick")];
  const house = await runGatehouse(listeners(), { backend: {}, admission: [slow.rule, quick.rule] });
  const questions = Promise.all([slow.asked(), quick.asked()]);
  const client = await rawClient(house.port("smtp"));
  const [first, second] = await questions;
  second.answer({ ...listed, rule: "quick" });
  await client.until("421 ");
  expect(first.signal.aborted).toBe(true);
  expect(await house.event("connection.refused")).toMatchObject({ refusal: { rule: "quick" } });
});

test("a storm against a cap never has one more inside, whatever the rules answer", async () => {
  let inside = 0;
  let most = 0;
  const rule: AsyncAdmissionRule = {
    name: "census",
    async ask({ connections }) {
      most = Math.max(most, connections.listener + 1);
      inside += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return inside % 2 === 0 ? listed : null;
    },
  };
  const house = await runGatehouse(listeners({ maxConnections: 5 }), { backend: {}, admission: [rule] });
  const clients = await Promise.all(Array.from({ length: 60 }, () => rawClient(house.port("smtp"))));
  await Promise.all(clients.map((client) => client.until(/^\d\d\d /)));
  expect(most).toBeLessThanOrEqual(5);
  for (const { socket } of clients) socket.end();
  await house.gatehouse.stop();
  await expectNobodyInside(house);
});

test("explain says that rules are yet to be asked, and asks none", async () => {
  const { rule, questions } = openRule("dnsbl");
  const house = await runGatehouse(listeners(), { backend: {}, admission: [rule] });
  const { outcome, steps } = await house.gatehouse.explain({ address: "192.0.2.1", listener: "smtp" });
  expect(outcome).toBe("served");
  expect(steps.map(({ state }) => state)).toEqual(["listening", "admitted", "accepted", "admitting", "active"]);
  expect(questions).toEqual([]);
});
