import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { configure, emergencyIn, findNchan, keptMessages, nchanConfig } from '../../bench/push/nchan.ts';
import { createProcessMeter, frameOf, residentKb } from '../../bench/push/nchan-server.ts';
import { seqsIn } from '../../bench/push/reconnect-loss.ts';
import { defaultReplayLimits } from '../../src/push/fanout/fan-out.ts';

/** A machine that has these files, and an nginx that was built so. */
function machine(files: readonly string[], build = '') {
  const asked: string[] = [];
  return {
    asked,
    folders: ['/opt/bin', '/usr/sbin'],
    isFile: (file: string) => files.includes(file),
    build: (nginx: string) => {
      asked.push(nginx);
      return build;
    },
  };
}

describe('findNchan', () => {
  const module = 'ngx_nchan_module.so';

  it('reports a missing nginx without running it', () => {
    const bare = machine([`/usr/lib/nginx/modules/${module}`]);
    expect(findNchan(bare)).toEqual({ missing: 'there is no nginx on the PATH' });
    expect(bare.asked).toEqual([]);
  });

  it('reports a missing module', () => {
    expect(findNchan(machine(['/usr/sbin/nginx']))).toEqual({ missing: `nginx has no ${module}` });
  });

  it('uses the first nginx on the PATH', () => {
    const both = machine(['/opt/bin/nginx', '/usr/sbin/nginx', `/usr/lib/nginx/modules/${module}`]);
    expect(findNchan(both)).toEqual({ nginx: '/opt/bin/nginx', module: `/usr/lib/nginx/modules/${module}` });
    expect(both.asked).toEqual(['/opt/bin/nginx']);
  });

  it('prefers the module folder that nginx reports', () => {
    const files = ['/usr/sbin/nginx', `/usr/lib/nginx/modules/${module}`, `/srv/modules/${module}`];
    const found = findNchan(
      machine(files, 'configure arguments: --with-threads --modules-path=/srv/modules --with-debug'),
    );
    expect(found).toEqual({ nginx: '/usr/sbin/nginx', module: `/srv/modules/${module}` });
  });

  it('searches other folders when the reported one has no such module', () => {
    const files = ['/usr/sbin/nginx', `/usr/lib64/nginx/modules/${module}`];
    const found = findNchan(machine(files, '--modules-path=/srv/modules'));
    expect(found).toEqual({ nginx: '/usr/sbin/nginx', module: `/usr/lib64/nginx/modules/${module}` });
  });

  it('needs no module when nchan is compiled into nginx', () => {
    const found = findNchan(machine(['/usr/sbin/nginx'], 'configure arguments: --add-module=/build/nchan-1.3.6'));
    expect(found).toEqual({ nginx: '/usr/sbin/nginx', module: null });
  });
});

describe('nchanConfig', () => {
  const config = nchanConfig({ module: '/usr/lib/nginx/modules/ngx_nchan_module.so', port: 4711, connections: 900 });

  it('listens on the loopback address only', () => {
    expect(config.match(/listen .*/g)).toEqual(['listen 127.0.0.1:4711 backlog=4096;']);
  });

  it('runs one process in the foreground, with enough connections', () => {
    expect(config).toMatch(/^daemon off;$/m);
    expect(config).toMatch(/^master_process off;$/m);
    expect(config).toContain('worker_connections 900;');
  });

  it('uses no file outside its folder except the module', () => {
    const absolute = config.match(/["\s]\/\S+/g)?.map((one) => one.replace(/^["\s]|[";]+$/g, ''));
    expect(absolute).toEqual(['/usr/lib/nginx/modules/ngx_nchan_module.so', '/publish', '/live']);
  });

  it('loads nothing when nchan is compiled into nginx', () => {
    expect(nchanConfig({ module: null, port: 4711, connections: 900 })).not.toContain('load_module');
    expect(config.startsWith('load_module "/usr/lib/nginx/modules/ngx_nchan_module.so";\n')).toBe(true);
  });

  it('publishes and subscribes on the same channel, and a new subscriber starts at the newest', () => {
    expect(config.match(/nchan_channel_id .*/g)).toEqual(['nchan_channel_id live;', 'nchan_channel_id live;']);
    expect(config).toContain('nchan_subscriber_first_message newest;');
    expect(config).toContain(`nchan_message_buffer_length ${keptMessages};`);
  });

  it('keeps messages as long as Newswire replays events', () => {
    expect(config).toContain(`nchan_message_timeout ${defaultReplayLimits.maxAgeMs / 3_600_000}h;`);
  });

  it('balances its braces', () => {
    expect(config.split('{').length).toBe(config.split('}').length);
  });
});

describe('configure', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-nchan-test-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('confines nginx to a folder, including its first error log', () => {
    const args = configure({ nginx: '/usr/sbin/nginx', module: null }, folder, { port: 4711, connections: 900 });
    const file = path.join(folder, 'nginx.conf');
    expect(args).toEqual(['-p', `${folder}/`, '-c', file, '-e', path.join(folder, 'error.log')]);
    expect(readFileSync(file, 'utf8')).toBe(nchanConfig({ module: null, port: 4711, connections: 900 }));
  });
});

describe('emergencyIn', () => {
  it('finds the error among other lines', () => {
    const output =
      '2026/01/01 00:00:00 [info] 7#7: Using shared memory\n' +
      'nginx: [emerg] module "a.so" version 1018000 instead of 1022001 in /tmp/x/nginx.conf:1\n' +
      'nginx: configuration file /tmp/x/nginx.conf test failed\n';
    expect(emergencyIn(output)).toBe(
      'nginx says module "a.so" version 1018000 instead of 1022001 in /tmp/x/nginx.conf:1',
    );
  });

  it('omits time and process id', () => {
    const line = '2026/01/01 00:00:00 [emerg] 21305#21305: bind() to 127.0.0.1:80 failed (13: Permission denied)\n';
    expect(emergencyIn(line)).toBe('nginx says bind() to 127.0.0.1:80 failed (13: Permission denied)');
  });

  it('returns the first line when none is an error, and reports when there is none', () => {
    expect(emergencyIn('something odd\nmore\n')).toBe('nginx says something odd');
    expect(emergencyIn('')).toBe('nginx says nothing');
  });
});

describe('frameOf', () => {
  it('is a message as clients receive it', () => {
    const message = JSON.parse(frameOf(7, 210, 'example')) as { item: Record<string, unknown> };
    expect(message).toMatchObject({ type: 'item', seq: 7, prev: 6, op: 'add' });
    expect(message.item).toMatchObject({ id: 7, page: 'http://127.0.0.1:3000/items/7', html: 'x'.repeat(210) });
    expect(Object.keys(message)).toEqual(['type', 'ch', 'seq', 'prev', 'op', 'item']);
  });

  it('grows with its text by the same number of bytes', () => {
    expect(frameOf(7, 310, 'example').length - frameOf(7, 210, 'example').length).toBe(100);
  });
});

describe('the meter of another process', () => {
  it.runIf(existsSync('/proc/self/status'))(
    'counts what a process uses from its last reset, and keeps what was published',
    () => {
      const meter = createProcessMeter(process.pid);
      meter.committed(1);
      meter.reset();
      meter.committed(2);
      meter.committed(3);
      const reading = meter.read();
      expect(reading.published.map(([seq]) => seq)).toEqual([2, 3]);
      expect(reading.rssKb).toBeGreaterThan(1000);
      expect(reading.cpuMs).toBeGreaterThanOrEqual(0);
    },
  );

  it('reads the resident set from a status file, and refuses that of an ended process', () => {
    expect(residentKb('Name:\tnginx\nVmHWM:\t   99 kB\nVmRSS:\t   12345 kB\nRssAnon:\t 7 kB\n')).toBe(12_345);
    expect(() => residentKb('Name:\tnginx\nState:\tZ (zombie)\n')).toThrow('no resident set');
  });
});

describe('seqsIn', () => {
  it('counts each event once, alone or among several, and nothing else', () => {
    const messages = [
      '{"type":"welcome","head":9}',
      '{"type":"item","seq":1}',
      '{"type":"items","list":[{"seq":1},{"seq":2},{"seq":3}]}',
      '{"type":"live","seq":9}',
    ];
    expect([...seqsIn(messages)]).toEqual([1, 2, 3]);
  });
});
