import { openFilesLimit } from '../../runtime/open-files.ts';
import { connectionLimit } from '../../server/http-server.ts';
import { type Finding, ok, warning } from './finding.ts';

const recommendedFiles = 4096;

/** The Node that runs this command, which also runs the server. */
export function checkNode(version: string = process.versions.node): readonly Finding[] {
  // `bin/newswire.js` refuses older ones.
  return [ok('node', `Node ${version}`)];
}

/** The limit of open files, from which the number of connections follows. */
export function checkOpenFiles(limit: number = openFilesLimit()): readonly Finding[] {
  const detail = `at most ${limit} open files, so ${connectionLimit(limit)} connections`;
  if (limit >= recommendedFiles) return [ok('files', detail)];
  const remedy = `Raise the limit to ${recommendedFiles} or more: "ulimit -n" in a shell, LimitNOFILE in systemd`;
  return [warning('files', detail, remedy)];
}
