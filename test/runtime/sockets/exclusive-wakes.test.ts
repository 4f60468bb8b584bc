import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { adoptSocket } from "../../../src/runtime/sockets/adopt-socket.ts";
import { Descriptor } from "../../../src/runtime/sockets/descriptor.ts";
import { ExclusiveWakes, type Turns } from "../../../src/runtime/sockets/exclusive-wakes.ts";
import type { InheritedSocket } from "../../../src/runtime/sockets/inherited-sockets.ts";
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLEXCLUSIVE, type Libc } from "../../../src/runtime/sockets/libc.ts";
import { ListeningSocket } from "../../../src/runtime/sockets/listening-socket.ts";
import { ask, bound, connected, defaults, greeter, realLibc, targetOf, until } from "./loopback.ts";

/** A thread waits in each turn of its own. */
const always = { untilNext: 50, begin: () => true, leave: () => {} };

/** A socket of the main thread's as a worker has it, through these calls. */
async function lent(calls: Partial<Libc> = {}, turns: Turns = always) {
  const libc = { ...(await realLibc()), ...calls };
  const owner = await bound(targetOf("127.0.0.1"));
  const descriptor = owner.inheritable?.descriptor.use((fd) => fd) ?? -1;
  await owner.listen();
  const inherited: InheritedSocket = {
    ...{ address: owner.address, ipv6Only: false, name: null },
    descriptor: new Descriptor({ ...libc, close: () => 0 }, descriptor),
    lent: new ExclusiveWakes(libc, turns),
  };
  const socket = adoptSocket(libc, inherited, { target: targetOf("127.0.0.1"), settings: defaults, warnings: [] });
  if (!(socket instanceof ListeningSocket)) throw new Error(socket.errno);
  onTestFinished(() => socket.close());
  return { libc, socket, port: owner.address.port };
}

/** What epoll says of the descriptors that wait alone, by number. */
function waitingAlone(): Set<number> {
  const alone = new Set<number>();
  for (const name of readdirSync("/proc/self/fdinfo")) {
    for (const [, fd, events] of contentOf(name).matchAll(/^tfd:\s+(\d+) events:\s+([\da-f]+)/gm))
      if ((Number.parseInt(events ?? "", 16) & EPOLLEXCLUSIVE) !== 0) alone.add(Number(fd));
  }
  return alone;
}

/** Empty for a descriptor that was closed meanwhile. */
function contentOf(name: string): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${name}`, "utf8");
  } catch {
    return "";
  }
}

describe.skipIf(process.platform !== "linux")("a socket from which several threads accept", () => {
  it("is watched so that a client wakes one of them, and serves as before", async () => {
    const before = waitingAlone().size;
    const { socket, port } = await lent();
    const server = greeter("one\r\n");
    await socket.accept(server);
    expect(await ask("127.0.0.1", port)).toBe("one\r\n");
    await until(() => waitingAlone().size > before);
    expect(await ask("127.0.0.1", port)).toBe("one\r\n");
    await socket.suspend(server);
    expect(waitingAlone().size).toBe(before);
    // Nothing of it is left: who comes next waits for a server.
    await connected("127.0.0.1", port);
    await until(() => socket.queued() === 1);
    await socket.accept(greeter("two\r\n"));
    await until(() => waitingAlone().size > before);
    expect(await ask("127.0.0.1", port)).toBe("two\r\n");
  });

  it("serves whoever another thread was woken for, but has not taken", async () => {
    const { epollControl } = await realLibc();
    let [asleep, watches] = [true, 0];
    const { socket, port } = await lent({
      epollControl: (epoll, operation, watch) => {
        if (watch.events === 0) return epollControl(epoll, operation, watch);
        watches += 1;
        // This loop is not told of any client, as if each had woken somebody else.
        return epollControl(epoll, operation, asleep ? { ...watch, events: EPOLLEXCLUSIVE } : watch);
      },
    });
    await socket.accept(greeter());
    await until(() => watches > 0);
    const client = ask("127.0.0.1", port);
    await until(() => socket.queued() === 1);
    asleep = false;
    expect(await client).toBe("hello\r\n");
  });

  it("is left to libuv until that watches it: libuv ends the process where somebody else does", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const watched = new Set([7]);
    const calls: (readonly [operation: number, fd: number])[] = [];
    const epollControl: Libc["epollControl"] = (_, operation, { fd }) => {
      if (operation === EPOLL_CTL_DEL) return watched.delete(fd) ? 0 : -2;
      calls.push([operation, fd]);
      watched.add(fd);
      return 0;
    };
    const left = vi.fn();
    const wakes = new ExclusiveWakes({ epollControl }, { ...always, leave: left });
    wakes.add(7);
    wakes.add(8);
    vi.advanceTimersByTime(50);
    expect(calls).toEqual([[EPOLL_CTL_ADD, 7]]);
    watched.add(8);
    vi.advanceTimersByTime(50);
    expect(calls.slice(1)).toEqual([
      [EPOLL_CTL_ADD, 7],
      [EPOLL_CTL_ADD, 8],
    ]);
    wakes.remove(7);
    expect(left).not.toHaveBeenCalled();
    wakes.remove(8);
    expect(left).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1_000);
    expect(calls).toHaveLength(3);
  });

  it("is left to the others in their turns", async () => {
    const { epollControl } = await realLibc();
    const before = waitingAlone().size;
    let [waits, turns, watches] = [false, 0, 0];
    const { socket, port } = await lent(
      {
        epollControl: (epoll, operation, watch) => {
          if (operation === EPOLL_CTL_ADD) watches += 1;
          return epollControl(epoll, operation, watch);
        },
      },
      {
        untilNext: 5,
        begin: () => {
          turns += 1;
          return waits;
        },
        leave: () => {},
      },
    );
    const server = greeter();
    await socket.accept(server);
    await until(() => turns >= 2);
    const client = ask("127.0.0.1", port);
    await until(() => socket.queued() === 1);
    const since = turns;
    await until(() => turns >= since + 3);
    expect(socket.queued()).toBe(1);
    expect(watches).toBe(0);
    waits = true;
    expect(await client).toBe("hello\r\n");
    // It may end in the others' turn, too.
    waits = false;
    await until(() => waitingAlone().size === before);
    await socket.suspend(server);
    await socket.accept(greeter("again\r\n"));
    waits = true;
    expect(await ask("127.0.0.1", port)).toBe("again\r\n");
  });

  it("is watched as libuv does it where the kernel does not know the other way", async () => {
    const { epollControl } = await realLibc();
    const refused: number[] = [];
    const { socket, port } = await lent({
      epollControl: (epoll, operation, watch) => {
        if ((watch.events & EPOLLEXCLUSIVE) === 0) return epollControl(epoll, operation, watch);
        refused.push(watch.fd);
        return -22;
      },
    });
    await socket.accept(greeter());
    await until(() => refused.length > 0);
    expect(await ask("127.0.0.1", port)).toBe("hello\r\n");
    expect(refused).toHaveLength(1);
  });
});
