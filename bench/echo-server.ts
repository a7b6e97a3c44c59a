import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ECHO_PATH, identity } from './echo.ts';

// A child of loopp.ts: `echo-server.js SOCKET REPLY_BYTES`. Says "listening" to its parent and ends with it.
const [socket = '', replyBytes = '0'] = process.argv.slice(2);
const reply = Buffer.alloc(Number(replyBytes), 1);

const server = new Server();
server.register(
  ECHO_PATH,
  (_call: unknown, callback: (error: null, reply: Buffer) => void) => callback(null, reply),
  identity,
  identity,
  'unary',
);
server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  process.send?.('listening');
});
process.on('disconnect', () => process.exit());
