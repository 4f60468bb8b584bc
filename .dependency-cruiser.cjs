// Imports run one way through the house:
// charts <- machines, files <- config <- protocols <- mailbox, runtime <- inspect, testing <- management <- index, cli;
// browser <- inspect, management.
const rooms = [
  "charts",
  "machines",
  "files",
  "config",
  "protocols",
  "mailbox",
  "runtime",
  "browser",
  "inspect",
  "testing",
  "console",
  "management",
];
const allowed = {
  charts: [],
  machines: ["charts"],
  files: [],
  config: ["machines", "files"],
  protocols: ["charts", "machines", "config"],
  mailbox: ["files", "config", "protocols"],
  runtime: ["charts", "machines", "files", "config", "protocols"],
  browser: ["protocols"],
  inspect: ["charts", "machines", "config", "protocols", "runtime", "browser"],
  testing: ["charts", "machines", "config", "protocols", "runtime"],
  console: [],
  management: ["files", "config", "protocols", "runtime", "browser", "inspect", "gatehouse-contract.ts"],
};

const direction = rooms.map((room) => ({
  name: `${room}-imports-only-its-own-way`,
  severity: "error",
  from: { path: `^src/${room}/` },
  to: {
    path: "^src/",
    pathNot: [room, ...allowed[room]].map((name) => `^src/${name}${name.endsWith(".ts") ? "$" : "/"}`),
  },
}));

/** The rooms within a room, and what each may import of the others. */
const innerRooms = {
  runtime: {
    time: [],
    sockets: ["time"],
    proxy: ["sockets", "time"],
    tls: ["sockets", "time"],
    privileges: ["tls"],
    pressure: ["sockets", "time"],
    shared: ["time"],
    admission: ["pressure", "proxy", "shared", "time"],
    observe: ["admission", "pressure", "proxy", "time"],
    systemd: ["observe", "sockets"],
    upgrade: ["observe", "sockets", "time"],
    acme: ["observe", "time", "tls"],
    connection: ["admission", "observe", "proxy", "sockets", "time", "tls"],
    listener: ["admission", "connection", "observe", "pressure", "privileges", "proxy", "sockets", "time", "tls"],
    reload: ["listener", "observe", "time", "tls"],
    fleet: ["acme", "admission", "observe", "reload", "shared", "time", "tls"],
    explain: ["admission", "listener", "tls"],
    workers: ["admission", "listener", "observe", "pressure", "shared", "sockets", "time", "tls"],
    server: [
      "acme",
      "admission",
      "connection",
      "explain",
      "fleet",
      "listener",
      "observe",
      "pressure",
      "proxy",
      "reload",
      "sockets",
      "time",
      "tls",
      "upgrade",
      "workers",
    ],
  },
  mailbox: {
    message: [],
    store: ["message"],
    accounts: ["store"],
    database: ["message", "store"],
    open: ["accounts", "database", "message", "store"],
    lent: ["accounts", "store"],
  },
  management: {
    schema: [],
    jmap: [],
    objects: ["jmap", "schema"],
    changes: ["jmap", "objects"],
    access: ["objects"],
    live: ["jmap", "objects"],
    http: ["access", "console", "jmap", "live", "objects", "schema"],
    console: [],
  },
  config: {
    values: [],
    addresses: ["values"],
    document: ["addresses", "values"],
    plan: ["addresses", "document", "values"],
    sources: ["addresses", "document", "values"],
    managed: ["addresses", "document", "plan", "sources", "values"],
  },
};

const innerDirection = Object.entries(innerRooms).flatMap(([room, inner]) =>
  Object.entries(inner).map(([name, may]) => ({
    name: `${room}-${name}-imports-only-its-own-way`,
    severity: "error",
    from: { path: `^src/${room}/${name}/` },
    to: { path: `^src/${room}/[^/]+/`, pathNot: [name, ...may].map((one) => `^src/${room}/${one}/`) },
  })),
);

const packages = (room, names) => ({
  name: `${room}-takes-only-its-own-packages`,
  severity: "error",
  from: { path: `^src/${room}/` },
  to: { dependencyTypes: ["npm"], pathNot: names.map((name) => `node_modules/${name}/`) },
});

module.exports = {
  forbidden: [
    ...direction,
    ...innerDirection,
    packages("charts", ["xstate"]),
    packages("files", []),
    packages("browser", []),
    packages("machines", ["xstate"]),
    packages("config", ["zod", "rxjs", "jsonc-parser"]),
    packages("protocols", ["xstate", "rxjs", "@hono/node-server"]),
    packages("console", ["lit-html", "uplot"]),
    {
      name: "the-console-runs-in-a-browser-and-knows-only-the-wire",
      severity: "error",
      from: { path: "^src/console/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "nobody-imports-the-console",
      severity: "error",
      from: { pathNot: "^src/console/" },
      to: { path: "^src/console/" },
    },
    packages("management", ["zod", "rxjs", "hono", "@hono/node-server"]),
    {
      name: "management-is-put-into-the-house-in-few-places",
      severity: "error",
      from: {
        path: "^src/",
        pathNot: "^src/(management|control|command)/|^src/(index|gatehouse|built-in-management)\\.ts$",
      },
      to: { path: "^src/management/" },
    },
    {
      name: "charts-and-machines-are-pure",
      severity: "error",
      from: { path: "^src/(charts|machines)/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      // The public entry exports the compiler, too, and an effect that nobody provided is the same error in both rooms.
      name: "a-specification-knows-nothing-of-what-runs-it",
      severity: "error",
      from: { path: "^src/machines/", pathNot: "^src/machines/(index|effect)\\.ts$" },
      to: { path: "^src/charts/" },
    },
    {
      name: "protocols-know-no-socket-no-file-no-timer",
      severity: "error",
      from: { path: "^src/protocols/", pathNot: "^src/protocols/http/" },
      to: {
        dependencyTypes: ["core"],
        path: "^(node:)?(net|tls|fs|fs/promises|timers|timers/promises|dgram|http|https|child_process)$",
      },
    },
    {
      name: "a-subcommand-is-loaded-when-it-is-asked-for",
      severity: "error",
      from: { path: "^src/(cli|command/(control|inspection|object|token)-commands)\\.ts$" },
      to: {
        dynamic: false,
        dependencyTypesNot: ["type-only"],
        path: "^src/",
        pathNot:
          "^src/(package-version|command/(control-commands|inspection-commands|object-commands|token-commands|chart-formats|exit-codes|output|refused-signals))\\.ts$",
      },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: { pathNot: "^src/charts/" },
      to: { circular: true },
    },
    {
      name: "no-orphans",
      severity: "error",
      from: {
        orphan: true,
        path: "^src/",
        pathNot: ["^src/(index|cli)\\.ts$", "^src/console/(inspector/)?main\\.ts$"],
      },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".js"] },
  },
};
