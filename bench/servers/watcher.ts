/** Who may watch a server that is managed. */
export const watcher = { username: "watcher@example.com", password: "watches" } as const;
