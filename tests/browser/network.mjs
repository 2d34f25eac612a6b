// What lies between the browser and the demo: a proxy that passes everything on, until it is told to cut, refuse or lose.

import http from "node:http";

export class Network {
  #server;
  #sockets = new Set();
  #isCut = false;
  #rules = [];

  static async open() {
    const network = new Network();
    network.#server = http.createServer((request, response) => network.#pass(request, response));
    network.#server.on("connection", (socket) => {
      if (network.#isCut) socket.destroy();
      network.#sockets.add(socket);
      socket.on("close", () => network.#sockets.delete(socket));
      socket.on("error", () => {});
    });
    await new Promise((resolve) => { network.#server.listen(0, "127.0.0.1", resolve); });
    return network;
  }

  get address() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Ends every connection and takes no new one. */
  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  restore() {
    this.#isCut = false;
  }

  /** Breaks off what is under way and fits; what comes later passes. */
  breakOff(fits) {
    for (const socket of this.#sockets) if (socket.asked && fits(socket.asked)) socket.destroy();
  }

  /** Never passes on a request that fits. */
  refuse(fits) {
    this.#rules.push((asked) => fits(asked) && "refuse");
  }

  /** Lets each stream of events that fits say "come back at once" and end in good order, until the function it gives is called. */
  shorten(fits) {
    let isOver = false;
    this.#rules.push((asked) => !isOver && fits(asked) && "shorten");
    return () => { isOver = true; };
  }

  /** Lets the next request that fits through, and loses its answer. */
  loseAnswer(fits) {
    let isDone = false;
    this.#rules.push((asked) => {
      if (isDone || !fits(asked)) return undefined;
      isDone = true;
      return "lose";
    });
  }

  async close() {
    this.cut();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  #pass(request, response) {
    const { method, url, headers, socket } = request;
    const asked = { method, path: new URL(url).pathname };
    const fate = this.#rules.map((rule) => rule(asked)).find(Boolean);
    if (fate === "refuse") return socket.destroy();
    socket.asked = asked;
    const { "proxy-connection": _, ...onward } = headers;
    const upstream = http.request(url, { method, headers: onward, agent: false }, (answer) => {
      if (fate === "lose") {
        answer.resume();
        answer.on("end", () => socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      if (fate === "shorten") response.end("retry: 1\n\n");
      else answer.pipe(response);
      answer.on("error", () => socket.destroy());
    });
    upstream.on("error", () => socket.destroy());
    response.on("close", () => {
      socket.asked = undefined;
      upstream.destroy();
    });
    return request.pipe(upstream);
  }
}
