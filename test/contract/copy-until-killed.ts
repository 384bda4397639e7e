// A process that writes or restores a backup and kills itself before one step, as `kill -9` does at that moment.

import { backUp, restore } from '../../src/store/backups.ts';

const [command, url = '', path = '', killedBefore, keep = ''] = process.argv.slice(2);

function reach(step: string): void {
  if (step === killedBefore) process.kill(process.pid, 'SIGKILL');
}

const watch = { onStep: reach, onCopied: () => reach('middle of copy') };
if (command === 'backup') await backUp({ url, path, keep: keep === '' ? null : Number(keep), watch });
else await restore({ url, path, watch });
reach('end');
