// npm runs a script in a shell. A signal to npm ends the shell but does not reach the shell's child, which would live on
// unnoticed and keep its port. A process that imports this module stops as by SIGTERM once its parent has ended.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
}, 250).unref();
