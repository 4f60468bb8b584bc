/** Loaded anew for each file of tests, unlike what it imports. */
import "./own-network.ts";
