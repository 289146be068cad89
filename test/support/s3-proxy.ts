import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A way to a real S3 store that counts requests, and can stop after one of them has been done and before its answer is passed on. */
export class S3Proxy {
  /** `PUT /bucket/key`, of those that were done, since it was last emptied. */
  readonly done: string[] = [];
  /** Told of each request that was done; gives whether its answer is passed on. */
  passes: (done: number) => boolean = () => true;
  url = '';

  static async start(endpoint: string): Promise<S3Proxy> {
    const proxy = new S3Proxy();
    const server = createServer((incoming, answer) => {
      const { method = '', url = '', headers } = incoming;
      // The signature covers the name of the host, so all headers go on as they are.
      const outgoing = request(new URL(url, endpoint), { method, headers }, (response) => {
        proxy.done.push(`${method} ${url.split('?')[0]}`);
        if (!proxy.passes(proxy.done.length)) {
          response.destroy();
          answer.destroy();
          return;
        }
        answer.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(answer);
      });
      outgoing.on('error', () => answer.destroy());
      incoming.on('error', () => outgoing.destroy());
      incoming.pipe(outgoing);
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    proxy.close = async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    };
    return proxy;
  }

  close: () => Promise<void> = async () => {};
}
