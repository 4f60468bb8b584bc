/** Loaded anew for each file of tests, unlike what it imports. */
import "./bundled-threads.ts";
import "./own-network.ts";
