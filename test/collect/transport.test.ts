import http, { type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { httpTransport, type Transport, textOf } from '../../src/collect/transport.ts';

/** Against a real HTTP server that answers well or breaks off. */

let server: Server;
let transport: Transport;

async function serve(listener: RequestListener): Promise<void> {
  server = http.createServer(listener);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const agent = new http.Agent({ keepAlive: true });
  const { port } = server.address() as AddressInfo;
  transport = httpTransport('test', http.request, { host: '127.0.0.1', port, agent }, () => agent.destroy());
}

afterEach(() => {
  transport.close();
  server.closeAllConnections();
  server.close();
});

const get = async () => textOf(await transport.send('GET', '/', {}, undefined, undefined));
const text = Array.from({ length: 5000 }, (_, i) => `line ${i} ${i * 7919}`).join('\n');

describe('a body', () => {
  test.each([
    ['plain', {}, Buffer.from(text)],
    ['compressed', { 'Content-Encoding': 'gzip' }, gzipSync(text)],
  ])('%s is read whole', async (_name, headers, body) => {
    await serve((_request, response) => void response.writeHead(200, headers).end(body));
    expect(await get()).toBe(text);
  });

  test.each([
    ['plain', {}, Buffer.from(text)],
    ['compressed', { 'Content-Encoding': 'gzip' }, gzipSync(text)],
  ])('%s that breaks off is an error, never a wait', async (_name, headers, body) => {
    await serve((_request, response) => {
      response.writeHead(200, { ...headers, 'Content-Length': body.length });
      response.write(body.subarray(0, body.length / 2), () => response.destroy());
    });
    await expect(get()).rejects.toThrow();
  });
});

test.each(['POST', 'PATCH', 'DELETE'])('the body of a %s arrives', async method => {
  await serve((request, response) => void request.pipe(response));
  const body = JSON.stringify({ gracePeriodSeconds: 1, name: 'é' });
  expect(await textOf(await transport.send(method, '/', {}, body, undefined))).toBe(body);
});

test('a request on a kept connection that the server has closed meanwhile is sent again on a new one', async () => {
  let requests = 0;
  await serve((request, response) => {
    requests += 1;
    if (requests === 2) request.socket.resetAndDestroy();
    else response.end(`answer ${requests}`);
  });
  expect(await get()).toBe('answer 1');
  expect(await get()).toBe('answer 3');
});

test('a request on a new connection that is reset is an error that says so', async () => {
  await serve(request => void request.socket.resetAndDestroy());
  await expect(get()).rejects.toMatchObject({ code: 'connection-lost', message: /cut the connection/ });
});
