import type { ClientRuntime, SocketLike, SocketListener } from './client-types.ts';

function openSocket(url: string, protocol: string, listener: SocketListener): SocketLike {
  const socket = new globalThis.WebSocket(url, protocol);
  socket.onmessage = ({ data }) => listener.message(data);
  // `error` carries no information; the `close` event that always follows it does.
  socket.onclose = ({ code, reason }) => listener.closed(code, reason);
  return socket;
}

/** The globals of a browser, or of Node 22 and later. */
export function defaultRuntime(): ClientRuntime {
  return {
    openSocket: typeof globalThis.WebSocket === 'function' ? openSocket : null,
    fetch: (url, options) => globalThis.fetch(url, options),
    random: Math.random,
    setTimer(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  };
}
