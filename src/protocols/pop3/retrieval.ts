/** RETR and TOP: a message goes out as fast as the client reads it, a slice at a time. */
import { checkedOctets } from "../checked-mailbox.ts";
import { CONTINUE, type Verdict, WAIT } from "../protocol.ts";
import { afterwards, type Outcome } from "../session/question.ts";
import type { Pop3Dialogue, Retrieval } from "./dialogue.ts";

/** Octets that are read at once, and held in memory. */
const slice = 65_536;

/** Goes on with the message. @returns null when the response is complete. */
export function continueRetrieval(dialogue: Pop3Dialogue): Verdict | null {
  const { retrieval } = dialogue;
  // The mailbox has not given the message yet.
  if (!retrieval || dialogue.asking) return WAIT;
  if (dialogue.congested) return CONTINUE;
  const { content, text, position } = retrieval;
  if (text.complete || position >= content.size) {
    dialogue.retrieval = null;
    dialogue.closeOpened("maildrop.content", content);
    dialogue.reply(text.end());
    dialogue.send("response.sent");
    return null;
  }
  dialogue.ask({
    operation: "maildrop.content",
    ask: () => afterwards(content.read(position, Math.min(position + slice, content.size)), octetsRead),
    answered: (outcome) => sendSlice(dialogue, retrieval, outcome),
  });
  return dialogue.asking ? WAIT : null;
}

function octetsRead(answer: Uint8Array): Uint8Array {
  return checkedOctets("read", answer);
}

function sendSlice(dialogue: Pop3Dialogue, retrieval: Retrieval, outcome: Outcome<Uint8Array>): void {
  // The client waits for the end of the message: nothing else can be said to it.
  if ("error" in outcome) {
    dialogue.end("session-failed");
    return;
  }
  const octets = outcome.value;
  retrieval.position = octets.length === 0 ? retrieval.content.size : retrieval.position + octets.length;
  dialogue.replyOctets(retrieval.text.push(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)));
}
