// node examples/ten-lines.mjs [ws://127.0.0.1:3000/live?section=World]
import WebSocket from 'ws';

const socket = new WebSocket(process.argv[2] ?? 'ws://127.0.0.1:3000/live?after=head');
socket.on('message', (data) => {
  const message = JSON.parse(data);
  const events = message.type === 'items' ? message.list : message.type === 'item' ? [message] : [];
  for (const { op, item } of events) console.log(op, item.title ?? item.url);
});
socket.on('close', (code) => console.log('closed', code));
