import { Client, Metadata, credentials } from '@grpc/grpc-js';

/** What both sides of the bare echo agree on. */
export const ECHO_PATH = '/bench.Echo/Echo';

export const identity = (bytes: Buffer): Buffer => bytes;

/** The least that a call over grpc-js can be: bytes in, bytes out, no messages, no deadline. */
export class EchoClient {
  private readonly client: Client;

  constructor(socket: string) {
    this.client = new Client(`unix:${socket}`, credentials.createInsecure());
  }

  /** Rejects when the reply is not as long as it should be. */
  call(request: Buffer, replyBytes: number): Promise<void> {
    const metadata = new Metadata();
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(ECHO_PATH, identity, identity, request, metadata, {}, (error, reply) => {
        if (error !== null) reject(error);
        else if (reply?.length === replyBytes) resolve();
        else
          reject(new Error(`expected ${String(replyBytes)} bytes of the echo, got ${String(reply?.length)}`));
      });
    });
  }

  close(): void {
    this.client.close();
  }
}
