/** What each worker of a measured server imports: it accepts no messages, and opens no store. */
export const backend = {};
