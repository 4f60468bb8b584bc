/** The programs of the README, of the tutorial and of the recipes, each run as it stands but for its ports. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createGatehouse, exampleDocument } from "../../src/index.ts";
import { freePort } from "../free-port.ts";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { installed } from "../real/programs.ts";
import { codeBlocks, readPage, root } from "./pages.ts";

const hook = fileURLToPath(new URL("../as-package.ts", import.meta.url));
const telling = `
console.log(JSON.stringify(Object.fromEntries(gatehouse.listeners().map(({ name, addresses }) => [name, addresses[0]?.port]))));
`;

interface Program {
  readonly child: ChildProcess;
  readonly folder: string;
  port(listener: string): number;
  /** The next line that it prints. */
  line(): Promise<string>;
}

/** In an empty folder. @param ending what the page leaves to its reader. */
async function start(code: string, ending = ""): Promise<Program> {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(folder, "server.ts"),
    `${code.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:0")}\n${ending}${telling}`,
  );
  const child = spawn(process.execPath, ["--import", hook, "server.ts"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async (): Promise<string> => (await lines.next()).value ?? "";
  let ports: Record<string, number> = {};
  for (let said = await line(); ; said = await line()) {
    if (said === "") throw new Error("The program ended before it listened.");
    if (said.startsWith("{")) {
      ports = JSON.parse(said);
      break;
    }
  }
  return { child, folder, line, port: (name) => ports[name] ?? 0 };
}

async function client(port: number): Promise<{ socket: Socket; until(text: string): Promise<string> }> {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  let got = "";
  socket.on("data", (text: string) => {
    got += text;
    socket.emit("more");
  });
  const until = async (text: string): Promise<string> => {
    while (!got.includes(text)) await once(socket, "more");
    const said = got;
    got = "";
    return said;
  };
  return { socket, until };
}

async function endOf({ child }: Program, signal: NodeJS.Signals): Promise<unknown> {
  const ended = once(child, "exit");
  child.kill(signal);
  return (await ended)[0];
}

/** The TypeScript blocks of a page below a heading. */
function below(path: string, heading: string): string[] {
  const { text } = readPage(path);
  const from = text.indexOf(`${heading}\n`);
  const to = text.indexOf("\n## ", from + heading.length);
  return codeBlocks({ path, text: text.slice(from, to < 0 ? undefined : to) }, "ts");
}

const [httpApp = "", ownProtocol = "", receivingMail = ""] = below("README.md", "## Embed");

test("the README's HTTP app answers, takes another document at SIGHUP while it does, and ends at SIGTERM", async () => {
  const program = await start(httpApp);
  const answer = await fetch(`http://127.0.0.1:${program.port("web")}/`);
  expect(await answer.text()).toBe("Hello 127.0.0.1\n");
  program.child.kill("SIGHUP");
  expect(await program.line()).toContain("web");
  expect(await endOf(program, "SIGTERM")).toBe(0);
});

test("the README's protocol answers, and says goodbye when it ends", async () => {
  const program = await start(ownProtocol);
  const { socket, until } = await client(program.port("words"));
  socket.write("one two three\r\n");
  await until("3 words\r\n");
  const ended = endOf(program, "SIGTERM");
  await until("Goodbye.\r\n");
  socket.end();
  expect(await ended).toBe(0);
});

test("the README's mail server hands a message to its program", async () => {
  const program = await start(receivingMail);
  const { socket, until } = await client(program.port("smtp"));
  await until("220 ");
  for (const line of ["EHLO client.example", "MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.com>"]) {
    socket.write(`${line}\r\n`);
    await until("250 ");
  }
  socket.write("DATA\r\n");
  await until("354 ");
  socket.write("Subject: Hello\r\n\r\nIt works.\r\n.\r\n");
  await until("250 ");
  expect(await program.line()).toContain("ann@example.org");
  expect(await endOf(program, "SIGTERM")).toBe(0);
});

test("the tutorial's server counts words, refuses the third client, lets it in after the reload, and shows its console", async () => {
  const [code = ""] = below("docs/tutorial.md", "## 1. A server");
  const program = await start(code);
  const [first] = [await client(program.port("words")), await client(program.port("words"))];
  await first.until("Say something.\r\n");
  first.socket.write("a b\r\n");
  await first.until("2 words\r\n");
  const third = await client(program.port("words"));
  await once(third.socket, "end");
  program.child.kill("SIGHUP");
  while (!(await program.line()).includes("document 2 is in force"));
  await (await client(program.port("words"))).until("Say something.");
  const page = await fetch(`http://127.0.0.1:${program.port("console")}/`, { headers: { Accept: "text/html" } });
  expect(page.url).toContain("/console");
  const ended = endOf(program, "SIGINT");
  await first.until("Goodbye.");
  first.socket.end();
  await ended;
});

/** A container without Docker: its own processes, a file system that is read-only but for the volume, another user. */
const contained = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
const asUser = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "--bounding-set", "-all"];
const isPossible =
  spawnSync("unshare", [...contained, ...asUser, "test", "-x", process.execPath, "-a", "-r", hook]).status === 0;

test.skipIf(!isPossible)(
  "the image of the recipe runs as its user on a read-only disk, and ends by its signal",
  async () => {
    const { text } = readPage("docs/recipes.md");
    const page = { path: "", text: text.slice(text.indexOf("## In Docker"), text.indexOf("## Under systemd")) };
    const [image = ""] = codeBlocks(page, "dockerfile");
    const instruction = (name: string) => new RegExp(`^${name} (.*)$`, "m").exec(image)?.[1] ?? "";
    const folder = temporaryDirectory();
    chownSync(folder, 1_000, 1_000);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "server.ts"), codeBlocks(page, "ts")[0] ?? "");
    const [probed, open] = [await freePort(), await freePort()];
    const document = (codeBlocks(page, "json")[0] ?? "").replace(":8081", `:${probed}`).replace(":2525", `:${open}`);
    writeFileSync(join(folder, "gatehouse.json"), document.replace(":8080", ":0"));
    const [, made = ""] = /^RUN (install .*)$/m.exec(image) ?? [];
    expect(spawnSync("sh", ["-c", made.replaceAll("=node", "=1000")], { cwd: folder }).status).toBe(0);

    const volume = join(folder, instruction("VOLUME").replace(`${instruction("WORKDIR")}/`, ""));
    const [node, ...args] = JSON.parse(instruction("CMD")) as string[];
    expect(node).toBe("node");
    const run = `mount --bind ${volume} ${volume} && mount -o remount,bind,ro / && exec "$@"`;
    const command = [...asUser, process.execPath, "--import", hook, ...args];
    const outside = spawn("unshare", [...contained, "sh", "-c", run, "sh", ...command], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    onTestFinished(() => void outside.kill("SIGKILL"));
    const ended = once(outside, "exit");
    const { socket, until } = await reached(open);
    await until("220 ");
    const [, ...check] = JSON.parse(instruction("HEALTHCHECK CMD")) as string[];
    const health = check.map((one) => one.replace(":8081", `:${probed}`));
    expect(spawnSync(process.execPath, health).status).toBe(0);

    // Process 1 of the container, by its number outside.
    const inside = readFileSync(`/proc/${outside.pid}/task/${outside.pid}/children`, "utf8").trim();
    expect(readFileSync(`/proc/${inside}/status`, "utf8")).toMatch(/^NSpid:\t\d+\t1$/m);
    process.kill(Number(inside), instruction("STOPSIGNAL") as NodeJS.Signals);
    await until("421 ");
    socket.end();
    expect(await ended).toEqual([0, null]);
  },
);

test("the recipe with a database keeps what it is sent", async () => {
  const [code = ""] = below("docs/recipes.md", "## With a database");
  const program = await start(code);
  const { socket, until } = await client(program.port("notes"));
  socket.write("buy milk\r\n");
  await until("1 notes");
  expect(existsSync(join(program.folder, "notes.db"))).toBe(true);
});

test("the recipe with OpenTelemetry makes a span of a connection", async () => {
  const [code = ""] = below("docs/recipes.md", "## With OpenTelemetry");
  const tracer = `const tracer = { startSpan: (name: string) => ({ setAttribute: (key: string, value: unknown) => console.log(name, key, value), end() {} }) };\n`;
  const document = `const exampleDocument = { NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"] }] };\n`;
  const program = await start(
    code
      .replace(/^declare const tracer.*$/m, tracer)
      .replace("createGatehouse, exampleDocument", "createGatehouse")
      .replace("const gatehouse", `${document}const gatehouse`),
  );
  const { socket, until } = await client(program.port("smtp"));
  await until("220 ");
  socket.write("QUIT\r\n");
  expect(await program.line()).toBe("connection smtp client.address 127.0.0.1");
  expect(await program.line()).toBe("connection smtp gatehouse.cause quit");
});

/** These programs stand in front of the same document. */
const proxies = [
  { name: "haproxy", heading: "## Behind HAProxy", args: (file: string) => ["-db", "-f", file] },
  { name: "nginx", heading: "## Behind nginx", args: (file: string, folder: string) => ["-p", folder, "-c", file] },
].filter(({ name }) => installed(name));

test.skipIf(proxies.length === 0)("the recipes behind proxies name the client", async () => {
  const [document = ""] = below("docs/recipes.md", "## Behind HAProxy");
  const noting = `gatehouse.lifecycle$.subscribe((event) => {
    if (event.type === "connection.active") console.log(event.connection.peer.port, event.connection.proxy?.peer.address);
  });\n`;
  const program = await start(document, noting);
  const { text } = readPage("docs/recipes.md");
  for (const { name, heading, args } of proxies) {
    const [config = ""] = codeBlocks({ path: "", text: text.slice(text.indexOf(heading)) }, "text");
    const front = await freePort();
    const lines = config
      .replaceAll("127.0.0.1:2525", `127.0.0.1:${front}`)
      .replaceAll("127.0.0.1:2526", `127.0.0.1:${program.port("smtp")}`);
    const file = join(program.folder, `${name}.conf`);
    writeFileSync(file, name === "nginx" ? nginxAround(lines) : lines);
    const proxy = spawn(name, args(file, program.folder), { stdio: "ignore" });
    onTestFinished(() => void proxy.kill("SIGKILL"));
    const { socket, until } = await reached(front);
    await until("220 ");
    expect(await program.line(), name).toBe(`${socket.localPort} 127.0.0.1`);
  }
});

test("the dashboard asks for metrics that there are", () => {
  const dashboard = readFileSync(`${root}docs/grafana-dashboard.json`, "utf8");
  const { panels } = JSON.parse(dashboard);
  expect(panels.length).toBeGreaterThan(5);
  const known = createGatehouse({ config: exampleDocument })
    .metrics.registry.getMetricsAsArray()
    .map(({ name }) => name);
  const asked = dashboard.match(/gatehouse_\w+/g) ?? [];
  for (const name of asked) expect(known).toContain(name.replace(/_bucket$/, ""));
});

/** What the recipe leaves to the system's own configuration. */
function nginxAround(stream: string): string {
  const { stderr } = spawnSync("nginx", ["-V"], { encoding: "utf8" });
  const modules = /--modules-path=(\S+)/.exec(stderr)?.[1];
  const load = stderr.includes("--with-stream=dynamic") ? `load_module ${modules}/ngx_stream_module.so;` : "";
  return `${load}\ndaemon off;\npid nginx.pid;\nerror_log stderr;\nevents {}\n${stream}`;
}

/** A proxy that starts is not there at once. */
async function reached(port: number): ReturnType<typeof client> {
  for (;;) {
    try {
      return await client(port);
    } catch {
      // Each attempt is a turn of the event loop; the test's own limit ends them.
    }
  }
}
