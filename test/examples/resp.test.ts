import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { runExample } from "./running-example.ts";

test("the RESP example keeps values, answers what came together together, and ends a client that speaks something else", async () => {
  const resp = await runExample("resp.ts");
  const socket = connect(resp.port, "127.0.0.1").setEncoding("utf8");
  const said = async () => String((await once(socket, "data"))[0]);
  socket.write(
    "*3\r\n$3\r\nSET\r\n$6\r\ncolour\r\n$6\r\ngrün\n\r\n*2\r\n$3\r\nGET\r\n$6\r\ncolour\r\n*1\r\n$4\r\nPING\r\n",
  );
  expect(await said()).toBe("+OK\r\n$6\r\ngrün\n\r\n-ERR there are GET and SET only\r\n");
  socket.write("*2\r\n$3\r\nGET\r\n$1\r\nx\r\n");
  expect(await said()).toBe("$-1\r\n");
  socket.write("hello\r\n");
  await once(socket, "end");
  socket.end();
  expect(await resp.interrupt()).toBe(0);
});
