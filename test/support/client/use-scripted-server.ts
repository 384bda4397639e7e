import { afterEach, beforeEach } from 'vitest';
import { createRecordingClient, type RecordingClient } from './recording-client.ts';
import { type Peer, protocolMessages, type ScriptedServer, startScriptedServer } from './scripted-server.ts';

/** The scripted server of the current test, and its client. */
export interface ScriptedServerTest {
  readonly server: ScriptedServer;
  /** Creates a client of the server. It is closed after the test. */
  start(options?: Parameters<typeof createRecordingClient>[1]): RecordingClient;
  /** Accepts the next connection and its subscription, which starts at `at`, by default at the requested cursor. */
  accept(at?: string): Promise<{ readonly peer: Peer; readonly subscription: Record<string, unknown> }>;
}

/** Starts a scripted server before each test of the calling file, and closes it with its client afterwards. */
export function useScriptedServer(): ScriptedServerTest {
  let server: ScriptedServer;
  let client: RecordingClient['client'] | null = null;
  beforeEach(async () => {
    server = await startScriptedServer();
  });
  afterEach(async () => {
    client?.close();
    client = null;
    await server.close();
  });
  return {
    get server() {
      return server;
    },
    start(options = {}) {
      const recording = createRecordingClient(server.url, options);
      client = recording.client;
      return recording;
    },
    async accept(at) {
      const peer = await server.peer();
      peer.send(protocolMessages.welcome);
      const subscription = await peer.nextMessage();
      const after = at ?? String(subscription['after']);
      peer.send(protocolMessages.subscribed(subscription['id'], after === 'head' ? 'e1-0' : after));
      return { peer, subscription };
    },
  };
}
