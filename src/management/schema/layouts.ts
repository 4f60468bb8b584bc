import type { Layout } from "./schema-contract.ts";

/** Where the console shows what. *Settings › Network › Listeners* is where Stalwart has it. */
export const layouts: readonly Layout[] = [
  {
    name: "Settings",
    icon: "settings",
    items: [
      { link: { name: "General", icon: "sliders", viewName: "x:SystemSettings" } },
      {
        container: {
          name: "Network",
          icon: "network",
          items: [
            { type: "link", name: "Listeners", viewName: "x:NetworkListener" },
            { type: "link", name: "Blocked addresses", viewName: "x:BlockedIp" },
            { type: "link", name: "Allowed addresses", viewName: "x:AllowedIp" },
          ],
        },
      },
      {
        container: {
          name: "TLS",
          icon: "lock",
          items: [{ type: "link", name: "Certificates", viewName: "x:Certificate" }],
        },
      },
      { link: { name: "Accounts", icon: "users", viewName: "x:Account" } },
    ],
  },
  {
    name: "Now",
    icon: "activity",
    items: [
      { link: { name: "Server", icon: "server", viewName: "x:ServerNode" } },
      { link: { name: "Listeners now", icon: "radio", viewName: "x:ListenerStatus" } },
      { link: { name: "Connections", icon: "plug", viewName: "x:Connection" } },
    ],
  },
];
